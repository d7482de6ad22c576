import { ToolwireError, type World, asJson, isToolwireError } from '../base/index.ts'
import type { Connection, Transport } from '../ports/index.ts'
import {
  type ClientCommand,
  type ConversationEvent,
  type HelloFrame,
  type ReplyFrame,
  type ResultCommand,
  type ServerFrame,
  commandKey,
  parseServerFrame,
  partJoiner,
} from '../protocol/index.ts'
import { Outbox } from '../session/index.ts'
import { Silence } from './silence.ts'

export type ConnectionStatus = 'connecting' | 'open' | 'reconnecting' | 'closed'

export interface LinkOptions {
  readonly transport: Transport
  readonly world: World
  /** The hello of the next link, with the log position of that moment. */
  readonly hello: () => Promise<HelloFrame>
  /** Takes a frame; answers whether something is missing, so that the link is opened anew. */
  readonly onFrame: (frame: ServerFrame) => 'ok' | 'gap'
  readonly onStatus: (status: ConnectionStatus, error?: unknown) => void
}

/** A command without an answer for so long is sent again. */
const resendMs = 10_000
const firstDelayMs = 250
const longestDelayMs = 30_000

/** Keeps one link to the server open: connects, notices death, comes back, and sends again what was not answered. */
export class ServerLink {
  readonly #options: LinkOptions
  readonly #outbox = new Outbox()
  /** Cancels of the timers that send an unanswered command again, by its key. */
  readonly #resends = new Map<string, () => void>()
  #transport: Transport
  #connection: Connection | null = null
  /** Why the link is closed for good. */
  #closed: ToolwireError | null = null
  /** Gives up the link that stands or is being opened, and any wait for the next. */
  #giveUp = (): void => {}
  #endWait = (): void => {}
  #failures = 0
  /** How often in a row a link missed something. */
  #gaps = 0

  constructor(options: LinkOptions) {
    this.#options = options
    this.#transport = options.transport
    void this.#keepConnected()
  }

  /** Sends `command` until it is answered. Rejects once the link is closed for good, with the reason. */
  async request(command: ClientCommand): Promise<ReplyFrame> {
    if (this.#closed) throw this.#closed
    const isNew = !this.#outbox.find(commandKey(command))
    const answer = this.#outbox.add(command)
    if (isNew) this.#send(command)
    return answer
  }

  /** Sends `command` once, for what is not worth a second try. */
  tell(command: ClientCommand): void {
    this.#connection?.send({ k: 'c', c: command }).catch(() => {
      // Lost with its link, like everything else that is sent once.
    })
  }

  /** Goes on over `transport`: what was not answered is sent again there. */
  moveTo(transport: Transport): void {
    this.#transport = transport
    this.#failures = 0
    this.#giveUp()
    this.#endWait()
  }

  close(): void {
    if (!this.#closed) this.#end(gone())
  }

  async #keepConnected(): Promise<void> {
    while (!this.#closed) {
      let delayMs = 0
      try {
        delayMs = await this.#serve()
      } catch (error) {
        if (this.#closed) return
        if (isToolwireError(error) && error.code === 'UNAUTHORIZED') return this.#end(error, error)
        delayMs = this.#backoff(this.#failures++)
        this.#options.onStatus('reconnecting', error)
      }
      await this.#pause(delayMs)
    }
  }

  /** One link from hello to its end. Resolves with how long to wait before the next. */
  async #serve(): Promise<number> {
    const { hello } = this.#options
    const transport = this.#transport
    const attempt = new AbortController()
    this.#giveUp = () => attempt.abort()
    const silence = new Silence(this.#options.world, this.#giveUp)
    let stopBeats = (): void => {}
    try {
      const { beatMs } = transport
      const greeting = { ...(await hello()), ...(beatMs !== undefined && { beatMs }) }
      const connection = await transport.connect(greeting, attempt.signal)
      this.#connection = connection
      if (beatMs !== undefined) stopBeats = this.#beat(connection, beatMs)
      for (const command of this.#outbox.commands) this.#send(command)
      return await this.#read(connection, silence)
    } finally {
      stopBeats()
      silence.stop()
      this.#connection?.close()
      this.#connection = null
    }
  }

  async #read({ frames }: Connection, silence: Silence): Promise<number> {
    let isOpen = false
    const joined = partJoiner()
    for await (const raw of frames) {
      const frame = parseServerFrame(joined(raw))
      // Replies may come another way than the stream does, so they prove nothing about the stream.
      if (frame?.k !== 'r') silence.broken()
      if (!frame) continue
      // Some wires can be written to before anybody is at the other end.
      if (!isOpen && frame.k !== 'bye') this.#options.onStatus('open')
      isOpen = true
      if (frame.k === 'r') {
        this.#settled(frame.c)
        this.#outbox.answer(frame)
      } else {
        this.#failures = 0
        if (frame.k === 'bye') return this.#leave(frame)
        if (this.#take(frame) === 'gap') return this.#backoff(this.#gaps++)
        // It says how long the log is, and nothing is missing.
        if (frame.k === 'ping') this.#gaps = 0
      }
    }
    throw gone()
  }

  /** Puts the output in that this client handed in, where a frame leaves that out. */
  #take(frame: ServerFrame): 'ok' | 'gap' {
    const { onFrame } = this.#options
    if (frame.k !== 'e' || !frame.c) return onFrame(frame)
    // Nothing but results is named so.
    const result = this.#outbox.find(frame.c) as ResultCommand | undefined
    // That there is such an event is known then; where it is news, the next link brings all of it.
    if (!result) return onFrame({ ...frame, k: 'ping' })
    const output = asJson(result.output)
    return onFrame({ ...frame, e: { ...frame.e, output } as ConversationEvent })
  }

  /** Says regularly that this end lives. */
  #beat(connection: Connection, beatMs: number): () => void {
    const { world } = this.#options
    let stop = (): void => {}
    const next = (): void => {
      stop = world.setTimer(beatMs, () => {
        // A broken link is noticed where its frames are read.
        connection.send({ k: 'ping' }).catch(() => {})
        next()
      })
    }
    next()
    return () => stop()
  }

  #leave({ why, retryMs }: Extract<ServerFrame, { k: 'bye' }>): number {
    if (retryMs === undefined) {
      const [text, hint] = why === 'version' ? wrongVersion : notFound
      const error = new ToolwireError('TRANSPORT_CLOSED', text, { hint })
      this.#end(error, error)
    } else this.#options.onStatus('reconnecting')
    return retryMs ?? 0
  }

  #end(reason: ToolwireError, error?: ToolwireError): void {
    this.#closed = reason
    this.#connection?.close()
    this.#giveUp()
    this.#endWait()
    for (const key of this.#resends.keys()) this.#settled(key)
    this.#outbox.close(reason)
    this.#options.onStatus('closed', error)
  }

  #send(command: ClientCommand, failures = 0): void {
    const connection = this.#connection
    if (!connection) return
    const key = commandKey(command)
    this.#sendAfter(resendMs, command)
    connection.send({ k: 'c', c: command }).catch((error: unknown) => {
      if (isToolwireError(error) && error.code === 'COMMAND_REFUSED') {
        this.#settled(key)
        this.#outbox.refuse(command, error)
      } else if (this.#connection === connection && this.#resends.has(key)) {
        // Where each command is a request, one may break and the link stand. A broken link is noticed where its
        // frames are read, and what was sent on it is sent again on the next.
        this.#sendAfter(Math.min(resendMs, this.#backoff(failures)), command, failures + 1)
      }
    })
  }

  #sendAfter(delayMs: number, command: ClientCommand, failures = 0): void {
    const key = commandKey(command)
    this.#settled(key)
    const send = (): void => this.#send(command, failures)
    this.#resends.set(key, this.#options.world.setTimer(delayMs, send))
  }

  #settled(key: string): void {
    this.#resends.get(key)?.()
    this.#resends.delete(key)
  }

  /** Doubles up to the longest delay, with jitter so that a thousand clients do not come back at once. */
  #backoff(failures: number): number {
    const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** failures)
    return delayMs * (0.5 + this.#options.world.random() / 2)
  }

  /** Waits, though not longer than until the network is back or the page is looked at again. */
  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const { world } = this.#options
      if (this.#closed) return resolve()
      const done = (): void => {
        stop()
        unwake?.()
        resolve()
      }
      this.#endWait = done
      const stop = world.setTimer(delayMs, done)
      const unwake = world.onWake?.(done)
    })
  }
}

// The other goodbyes say when to come back.
const wrongVersion = [
  'Client and server speak different versions.',
  'Install the same version on both sides.',
] as const
const notFound = [
  'There is no such conversation.',
  'Check its id, and that the same user opened it.',
] as const

function gone(): ToolwireError {
  return new ToolwireError('TRANSPORT_CLOSED', 'The link is closed.')
}
