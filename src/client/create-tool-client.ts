import {
  type JsonObject,
  ToolwireError,
  type World,
  isObject,
  isToolwireError,
  systemFrame,
  systemLog,
  systemPage,
  systemWorld,
  newErrorId,
} from '../base/index.ts'
import { type ErrorReport, Watch, clientGuards } from '../guards/index.ts'
import type { Transport } from '../ports/index.ts'
import {
  type ClientCommand,
  type DecideCommand,
  type HelloFrame,
  type Message,
  type ServerFrame,
  type UserMessage,
  protocolVersion,
} from '../protocol/index.ts'
import { type AnyTool, ToolRegistry } from '../tools/index.ts'
import {
  type Call,
  type ConversationState,
  callsOf,
  isSettled,
  knowsMessage,
} from '../turn/index.ts'
import { CatalogSync } from './catalog-sync.ts'
import { DraftInputs } from './draft-inputs.ts'
import { Executor } from './executor.ts'
import { type Followed, nothingFollowed, receive } from './follow.ts'
import { type CallEventInfo, type CallListener, Lifecycle } from './lifecycle.ts'
import { type ConnectionStatus, ServerLink } from './link.ts'
import { memoryLedger } from './memory-ledger.ts'
import { type Entered, takePlace } from './take-place.ts'
import { Snapshots } from './snapshots.ts'
import type { ClientError, Snapshot } from './view.ts'
import type { ToolClient, ToolClientOptions } from './tool-client.ts'
import { Undoes } from './undoes.ts'

const pageWorld: World = { ...systemWorld, onFrame: systemFrame }

/** The tool side of a conversation: follows it, runs its share of the calls, and shows one snapshot. */
export function createToolClient<Tools extends AnyTool = AnyTool>(
  options: ToolClientOptions<Tools>,
): ToolClient<Tools> {
  // Types only: what the snapshot shows of a tool is what went through the schemas of that tool.
  return new Client(options) as ToolClient as ToolClient<Tools>
}

class Client implements ToolClient {
  readonly conversationId: string
  readonly tools: ToolRegistry
  readonly #world: World
  readonly #name: string | undefined
  readonly #catalogSync: CatalogSync
  readonly #onError: (report: ErrorReport) => void
  readonly #listeners = new Set<() => void>()
  readonly #link: ServerLink
  readonly #entered: Promise<Entered>
  readonly #unregister: () => void
  readonly #callListeners = new Set<CallListener>()
  readonly #undoes = new Undoes()
  readonly #lifecycle: Lifecycle
  readonly #draftInputs = new DraftInputs()
  #executor: Executor | null = null
  #followed: Followed = nothingFollowed
  #unsent: readonly Message[] = []
  #connection: ConnectionStatus = 'connecting'
  #linkError: ClientError | null = null
  #synced: Promise<unknown>
  #sent: Promise<unknown> = Promise.resolve()
  #lastTurnId: string | null = null
  readonly #snapshots = new Snapshots()
  /** Whether something changed since the last look. */
  #isStale = true
  /** The listeners will hear of what changes now. */
  #isTold = false

  constructor(options: ToolClientOptions) {
    const { transport, tools = [], world = pageWorld } = options
    this.#world = world
    this.#name = options.name
    this.#onError = options.onError ?? systemLog
    this.conversationId = options.conversationId ?? world.randomId()
    this.tools = tools instanceof ToolRegistry ? tools : new ToolRegistry(tools)
    this.#lifecycle = new Lifecycle(world, (info) => this.#tellOfCall(info))
    this.#entered = this.#enter(options)
    this.#link = new ServerLink({
      transport,
      world,
      hello: () => this.#hello(),
      onFrame: (frame) => this.#receive(frame),
      onStatus: (status, error) => this.#setStatus(status, error),
    })
    this.#catalogSync = new CatalogSync({
      tools: this.tools,
      name: options.name,
      capabilities: options.capabilities ?? (systemPage() ? ['browser'] : []),
      request: (command) => this.#link.request(command),
      onError: (error, about) => this.#report(error, about),
    })
    this.#synced = this.#catalogSync.sync(options.conversationId !== undefined)
    this.#unregister = this.tools.onChange(() => {
      this.#synced = this.#catalogSync.soon()
    })
  }

  async send(message: string | UserMessage['parts']): Promise<void> {
    const id = this.#world.randomId()
    const parts = typeof message === 'string' ? [{ type: 'text', text: message } as const] : message
    const metadata = { createdAt: this.#world.now() }
    this.#unsent = [...this.#unsent, { id, role: 'user', parts, metadata }]
    this.#changed()
    this.#lastTurnId = this.#world.randomId()
    const command = { type: 'send', turnId: this.#lastTurnId, message: { id, parts } } as const
    // The model is asked at once, so it has to know the tools of this client first.
    const sent = this.#synced.then(() => this.#ask(command))
    this.#sent = sent.catch(() => {})
    try {
      await sent
    } catch (error) {
      this.#unsent = this.#unsent.filter((unsent) => unsent.id !== id)
      this.#changed()
      throw error
    }
  }

  async stop(): Promise<void> {
    // The turn of a message under way is stopped, too, also where its events have not come yet.
    await this.#sent
    const turnId = this.#followed.conversation.turn?.turnId ?? this.#lastTurnId
    if (turnId !== null) await this.#ask({ type: 'stop', turnId })
  }

  async approve(
    toolCallId: string,
    edits?: JsonObject,
    keep?: 'session' | 'always',
  ): Promise<void> {
    const { input } = this.#openCall(toolCallId)
    await this.#decide(toolCallId, {
      approved: true,
      // What has no input to change is refused there, not agreed to as it is.
      ...(edits && { input: { ...(isObject(input) && (input as JsonObject)), ...edits } }),
      ...(keep && { keep }),
    })
  }

  async revoke(toolName: string): Promise<void> {
    await this.#ask({ type: 'revoke', revokeId: this.#world.randomId(), toolName })
  }

  deny(toolCallId: string, reason?: string): Promise<void> {
    return this.#decide(toolCallId, { approved: false, ...(reason !== undefined && { reason }) })
  }

  async cancel(toolCallId: string): Promise<void> {
    await this.#ask({ type: 'cancel', callId: this.#openCall(toolCallId).callId })
  }

  async undo(id: string | readonly string[]): Promise<void> {
    const undoId = this.#world.randomId()
    await this.#ask({ type: 'undo', undoId, of: [id].flat() })
    await this.#undoes.end(undoId, this.#followed.conversation)
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  getSnapshot(): Snapshot {
    if (!this.#isStale) return this.#snapshots.last
    this.#isStale = false
    return this.#snapshots.next(this.#followed, {
      connection: this.#connection,
      linkError: this.#linkError,
      unsent: this.#unsent,
      partialInput: (p) => this.#draftInputs.value(p),
    })
  }

  onCall(listener: CallListener): () => void {
    this.#callListeners.add(listener)
    return () => this.#callListeners.delete(listener)
  }

  moveTo(transport: Transport): void {
    this.#link.moveTo(transport)
  }

  detach(): void {
    this.#lifecycle.stop()
    this.#unregister()
    this.#link.close()
    this.#undoes.close()
    void this.#leave()
  }

  close(): void {
    this.#executor?.close()
    this.detach()
  }

  /** Takes this client's place in the journal, where it learns who it is. */
  async #enter(options: ToolClientOptions): Promise<Entered> {
    const { ledger = memoryLedger(this.#world), isFocused = hasFocus } = options
    const { place, level } = await takePlace(ledger, {
      conversationId: this.conversationId,
      world: this.#world,
      onError: this.#onError,
    })
    const { guards = [], limits = {} } = options
    this.#executor = new Executor({
      place,
      tools: this.tools,
      world: this.#world,
      guards: clientGuards({ world: this.#world, guards, limits }),
      conversationId: this.conversationId,
      context: options.context,
      policy: options,
      claimant: { clientId: place.clientId, name: this.#name, isFocused },
      watch: new Watch({ observer: options.observer, world: this.#world, onError: this.#onError }),
      request: (command) => this.#link.request(command),
      tell: (command) => this.#link.tell(command),
      onError: this.#onError,
    })
    return { place, level }
  }

  /** A detached client counts as alive until its handlers have ended. */
  async #leave(): Promise<void> {
    const { place } = await this.#entered
    this.#executor?.whenIdle(() => place.leave())
  }

  async #hello(): Promise<HelloFrame> {
    const { place, level } = await this.#entered
    const { conversation } = this.#followed
    return {
      k: 'hello',
      v: protocolVersion,
      conversationId: this.conversationId,
      clientId: place.clientId,
      epoch: place.epoch,
      from: conversation.version,
      ...(conversation.logId !== null && { log: conversation.logId }),
      journal: level,
      fills: true,
      parts: true,
    }
  }

  #receive(frame: ServerFrame): 'ok' | 'gap' {
    const { followed, effect, illegal } = receive(this.#followed, frame)
    if (illegal) this.#reportIllegal(illegal.type)
    if (effect !== 'changed') return effect === 'gap' ? 'gap' : 'ok'
    const isNews = followed.conversation !== this.#followed.conversation
    this.#followed = followed
    this.#draftInputs.take(frame)
    // The server has another past than this client knew, perhaps one without its tools.
    if (frame.k === 'snap') this.#synced = this.#catalogSync.sync(true)
    if (isNews) this.#takeNews(followed.conversation)
    this.#changed()
    this.#follow(frame, followed.conversation)
    return 'ok'
  }

  #follow(frame: ServerFrame, conversation: ConversationState): void {
    if (frame.k === 'e') this.#lifecycle.happened(frame.e, conversation)
    if (frame.k === 'p') this.#lifecycle.progressed(frame.c, frame.x, conversation)
    // Nobody was told of what a snapshot stands for, and what began before it is not timed.
    if (frame.k === 'snap') this.#lifecycle.stop()
  }

  #takeNews(conversation: ConversationState): void {
    this.#unsent = this.#unsent.filter(({ id }) => !knowsMessage(conversation, id))
    this.#executor?.react(conversation)
    this.#undoes.react(conversation)
  }

  async #decide(
    toolCallId: string,
    decision: Pick<DecideCommand, 'approved' | 'reason' | 'input' | 'keep'>,
  ): Promise<void> {
    const { callId, phase, argsHash } = this.#openCall(toolCallId)
    if (phase.state !== 'approval-requested') throw this.#refused(toolCallId)
    const { approvalId } = phase
    await this.#ask({ type: 'decide', callId, approvalId, argsHash, ...decision })
  }

  #openCall(toolCallId: string): Call {
    const found = callsOf(this.#followed.conversation).filter(
      (candidate) => candidate.toolCallId === toolCallId,
    )
    // Of a call and what takes it back, one is over.
    const call = found.find((candidate) => !isSettled(candidate)) ?? found[0]
    if (!call) throw this.#refused(toolCallId)
    return call
  }

  /** Why a call is not to be changed any more. */
  #refused(toolCallId: string): ToolwireError {
    const call = this.getSnapshot().calls.find((one) => one.toolCallId === toolCallId)
    const code = call?.errorCode === undefined ? '' : ` (${call.errorCode})`
    const why = call ? `it is "${call.state}"${code}` : 'there is no such call'
    return new ToolwireError('COMMAND_REFUSED', `Call "${toolCallId}" cannot be changed: ${why}.`, {
      toolCallId,
      hint: 'Look at the snapshot: the conversation may have moved on.',
    })
  }

  async #ask(command: ClientCommand): Promise<void> {
    const { st, why = st } = await this.#link.request(command)
    // `gone` and `closed` say that what was asked for no longer matters.
    if (st === 'denied' || st === 'conflict')
      throw new ToolwireError('COMMAND_REFUSED', `The server refused "${command.type}": ${why}`, {
        hint: 'Look at the snapshot: the conversation may have moved on.',
      })
  }

  #setStatus(status: ConnectionStatus, error?: unknown): void {
    this.#connection = status
    if (status === 'open') this.#linkError = null
    if (isToolwireError(error)) this.#linkError = { code: error.code, text: error.message }
    this.#changed()
  }

  #reportIllegal(type: string): void {
    const error = new ToolwireError('FRAME_INVALID', `The event "${type}" is not legal here.`, {
      hint: 'The server is newer, or at fault; the event was not applied.',
    })
    this.#report(error)
  }

  /** Listeners hear of all that changes until the next frame at once, since more could not be seen. */
  #changed(): void {
    this.#isStale = true
    if (this.#isTold || this.#listeners.size === 0) return
    this.#isTold = true
    const tell = (): void => {
      this.#isTold = false
      for (const listener of this.#listeners) this.#tell(listener)
    }
    if (this.#world.onFrame) this.#world.onFrame(tell)
    else queueMicrotask(tell)
  }

  #tellOfCall(info: CallEventInfo): void {
    for (const listener of this.#callListeners) this.#tell(() => listener(info))
  }

  /** A listener of the host that fails must not break the link that called it. */
  #tell(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      this.#report(error)
    }
  }

  #report(error: unknown, about?: Pick<ErrorReport, 'toolName'>): void {
    this.#onError({ errorId: newErrorId(this.#world), error, ...about })
  }
}

/** Nobody looks at workers and servers. */
function hasFocus(): boolean {
  return systemPage()?.hasFocus() ?? false
}
