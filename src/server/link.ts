import { ToolwireError, type World, checkForeignValue, isToolwireError } from '../base/index.ts'
import type { Conversation } from '../engine/index.ts'
import type { Connection } from '../ports/index.ts'
import {
  type ByeReason,
  type ClientCommand,
  type ConversationEvent,
  type HelloFrame,
  type Principal,
  type Sender,
  type ServerFrame,
  claimedKey,
  commandKey,
  isAuditLog,
  parseClientFrame,
  partsOf,
  protocolVersion,
} from '../protocol/index.ts'
import { nodePrefix, projectEvent, projectState } from '../turn/index.ts'
import { type CommandContext, handleCommand } from './commands.ts'
import type { Hub } from './hub.ts'
import { Outlet } from './outlet.ts'

/** Longer tails go as one snapshot. */
const maxTail = 500
const helloTimeoutMs = 5_000
/** Proxies drop what is silent; two and a half of these without a frame and the client reconnects. */
const pingMs = 15_000

/** A client that promised to beat and is silent for so many beats is gone. */
const maxMissedBeats = 2.5

/** What a link needs of the node that it ends at. */
export interface LinkHost {
  readonly hub: Hub
  readonly world: World
  /** What a command of `sender` is carried out with. */
  context(sender: Sender, principal: Principal): CommandContext
  /** Makes `link` the client's one link; the returned function gives that up, saying whether it will be missed. */
  enter(hello: HelloFrame, link: Link): (isMissed: boolean) => void
  /** Tells the host of a fault that belongs to no call. */
  report(error: unknown): void
}

/** One client's link: what it missed, then everything as it happens, and its commands one after another. */
export class Link {
  readonly #connection: Connection
  readonly #principal: Principal
  readonly #host: LinkHost
  readonly #outlet: Outlet
  #sent = 0
  #catchingUp = false
  /** What the client can do with what it reads. */
  #reader: Pick<HelloFrame, 'fills' | 'parts'> = {}
  /** The command that is carried out; its client keeps it until the reply. */
  #command: ClientCommand | null = null

  constructor(connection: Connection, principal: Principal, host: LinkHost) {
    this.#connection = connection
    this.#principal = principal
    this.#host = host
    this.#outlet = new Outlet(connection)
  }

  /** Serves the link until it ends, for whatever reason. */
  async serve(): Promise<void> {
    const { world } = this.#host
    const stopWaiting = world.setTimer(helloTimeoutMs, () => this.#connection.close())
    const frames = this.#connection.frames[Symbol.asyncIterator]()
    try {
      const first = await frames.next()
      stopWaiting()
      if (first.done) return
      checkForeignValue(first.value)
      const hello = parseClientFrame(first.value)
      if (hello.k !== 'hello') throw notHello()
      const refusal = refusalOf(hello)
      if (refusal) return this.end(refusal)
      await this.#host.hub.use(hello.conversationId, (conversation) =>
        this.#follow(conversation, hello, frames),
      )
    } finally {
      stopWaiting()
      this.#connection.close()
    }
  }

  /** Ends the link, saying why; the client knows from that whether to come back. */
  end(why: ByeReason): void {
    // No two clients share an id, so a client that was replaced met a late hello of its own.
    const comeBack = why === 'shutdown' || why === 'slow' || why === 'replaced'
    this.#outlet.close({ k: 'bye', why, ...(comeBack && { retryMs: 1_000 }) })
  }

  async #follow(
    conversation: Conversation,
    hello: HelloFrame,
    frames: AsyncIterator<unknown>,
  ): Promise<void> {
    const { reply } = await conversation.execute({
      type: 'open',
      ownerId: this.#principal.id,
      logId: this.#host.world.randomId(),
    })
    // The same answer for a conversation of somebody else and for one that is not there.
    if (reply === 'denied') return this.end('not-found')
    const leave = this.#host.enter(hello, this)
    const unfollow = this.#subscribe(conversation, hello)
    try {
      if (conversation.state.catalogs.get(hello.clientId)?.isAway)
        this.#sayPresent(conversation, hello)
      await this.#obey(conversation, hello, frames)
    } finally {
      unfollow()
      const { tools = [] } = conversation.state.catalogs.get(hello.clientId) ?? {}
      leave(tools.length > 0)
    }
  }

  async #obey(
    conversation: Conversation,
    hello: HelloFrame,
    frames: AsyncIterator<unknown>,
  ): Promise<void> {
    const { clientId, epoch, beatMs } = hello
    const { world } = this.#host
    const context = this.#host.context({ clientId, epoch }, this.#principal)
    let stopWaiting = (): void => {}
    try {
      for (;;) {
        if (beatMs !== undefined)
          stopWaiting = world.setTimer(maxMissedBeats * beatMs, () => this.#connection.close())
        const next = await frames.next()
        stopWaiting()
        if (next.done) return
        await this.#answer(conversation, next.value, context)
      }
    } finally {
      stopWaiting()
    }
  }

  /**
   * Carries out a command. One that is not well formed is refused under the key it claims, so that it is not
   * sent again; one that fails here gets no reply, so that it is, after a while.
   */
  async #answer(
    conversation: Conversation,
    value: unknown,
    context: CommandContext,
  ): Promise<void> {
    try {
      checkForeignValue(value)
      const frame = parseClientFrame(value)
      if (frame.k === 'hello') throw notHello()
      if (frame.k === 'ping') return
      this.#command = frame.c
      this.#outlet.push(await handleCommand(conversation, frame.c, context))
    } catch (error) {
      const key = claimedKey(value)
      if (key === null) throw error
      const isInvalid = isToolwireError(error) && error.code === 'FRAME_INVALID'
      if (isInvalid) this.#outlet.push({ k: 'r', c: key, st: 'denied', why: error.message })
      else this.#host.report(error)
    } finally {
      this.#command = null
    }
  }

  #subscribe(conversation: Conversation, hello: HelloFrame): () => void {
    const { world } = this.#host
    this.#reader = hello
    this.#start(conversation, hello)
    const offCommit = conversation.onCommit((events, firstSeq) => {
      if (!this.#catchingUp && firstSeq === this.#sent + 1) this.#push(events)
      else this.#catchUp(conversation)
      if (events.some((event) => event.type === 'client-left' && event.clientId === hello.clientId))
        this.#sayPresent(conversation, hello)
    })
    // Its client comes back, opens what is left and starts over from there.
    const offLoss = conversation.onLoss(() => this.end('shutdown'))
    const offLive = conversation.onLive((frame) => {
      // Text belongs behind the events before it; once they are sent, it follows as one piece.
      if (frame.k !== 'd' || !this.#catchingUp) this.#outlet.push(frame)
    })
    let stopPing = (): void => {}
    const ping = (): void => {
      this.#outlet.push({ k: 'ping', s: this.#sent })
      stopPing = world.setTimer(pingMs, () => {
        // The store's hints may never come; a store that cannot be read is told of by the next command.
        conversation.refresh().catch(() => {})
        ping()
      })
    }
    ping()
    return () => {
      offCommit()
      offLoss()
      offLive()
      stopPing()
    }
  }

  /** A client that was missed, also by another node, is here. */
  #sayPresent(conversation: Conversation, { clientId }: HelloFrame): void {
    conversation
      .execute({ type: 'return', clientId })
      .catch((error: unknown) => this.#host.report(error))
  }

  #start(conversation: Conversation, { from, log }: HelloFrame): void {
    const { version, logId } = conversation.state
    this.#sent = from
    // A client that knows another log, or a longer one than this is, starts over: a store lost what it had.
    const isElsewhere = from > version || (log !== undefined && log !== logId)
    const isAnew = isElsewhere || (from === 0 && version > 1) || version - from > maxTail
    this.#catchUp(conversation, isAnew)
  }

  /** Sends the whole state if asked to, then from the store until nothing is missing, then the text under way. */
  #catchUp(conversation: Conversation, isAnew = false): void {
    if (this.#catchingUp) return
    this.#catchingUp = true
    const read = async (): Promise<void> => {
      if (isAnew) {
        const { state } = conversation
        await this.#sendInTurn({ k: 'snap', s: state.version, state: projectState(state) })
        this.#sent = state.version
      }
      // Commits meanwhile are found by the next round.
      while (this.#sent < conversation.state.version)
        for (const event of await conversation.read(this.#sent)) {
          // Whole: while it waits for its turn, its client may be answered and forget what it handed in.
          await this.#sendInTurn({ k: 'e', s: this.#sent + 1, e: projectEvent(event) })
          this.#sent++
        }
      this.#catchingUp = false
      for (const frame of conversation.liveFrames()) this.#outlet.push(frame)
    }
    read().catch((error: unknown) => {
      this.#host.report(error)
      this.end('shutdown')
    })
  }

  /** At the pace of the reader: cut before what it missed, it would come back for it each time. */
  async #sendInTurn(frame: ServerFrame): Promise<void> {
    for (const part of this.#reader.parts ? partsOf(frame) : [frame]) {
      await this.#outlet.roomFor(part)
      this.#outlet.push(part)
    }
  }

  #push(events: readonly ConversationEvent[]): void {
    for (const event of events) this.#outlet.push(this.#frameOf(projectEvent(event), ++this.#sent))
  }

  /** An output that came over this very link, and is kept as it came, does not go back. */
  #frameOf(event: ConversationEvent, s: number): ServerFrame {
    const command = this.#reader.fills ? this.#command : null
    if (command?.type !== 'result' || event.type !== 'call-settled') return { k: 'e', s, e: event }
    const { output = null, callId } = event
    const isTheSame = command.callId === callId && command.output === output
    return isTheSame && output !== null
      ? { k: 'e', s, e: { ...event, output: null }, c: commandKey(command) }
      : { k: 'e', s, e: event }
  }
}

function refusalOf(hello: HelloFrame): ByeReason | null {
  if (hello.v !== protocolVersion) return 'version'
  const isReserved = hello.clientId.startsWith(nodePrefix) || isAuditLog(hello.conversationId)
  return isReserved ? 'not-found' : null
}

function notHello(): ToolwireError {
  return new ToolwireError('FRAME_INVALID', 'A link begins with one hello frame.', {
    hint: 'Send hello first, and only once.',
  })
}
