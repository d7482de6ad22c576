import { AsyncQueue } from '../base/index.ts'
import type { Conversation } from '../engine/index.ts'
import type {
  ConversationEvent,
  EventOf,
  Message,
  ServerFrame,
  ToolPart,
  TurnEndReason,
  TurnError,
} from '../protocol/index.ts'
import { type ConversationState, evolve, findMessage, toolPart } from '../turn/index.ts'

/** One turn, as the program that started it follows it. */
export interface Run extends AsyncIterable<RunEvent> {
  readonly conversationId: string
  readonly turnId: string
  /** How the turn ended; also a failed turn resolves, with reason `error`. */
  readonly result: Promise<RunResult>
}

export type RunEvent =
  | { readonly type: 'text-delta'; readonly text: string }
  /** A call changed its state. */
  | { readonly type: 'call'; readonly call: ToolPart }
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'finish'; readonly reason: TurnEndReason; readonly error?: TurnError }

export interface RunResult {
  readonly reason: TurnEndReason
  readonly error?: TurnError
  /** The text of the last message. */
  readonly text: string
  /** The messages of this turn: the user's, then the model's. */
  readonly messages: readonly Message[]
  readonly calls: readonly ToolPart[]
}

/** Follows a turn from its start to its end. */
export class RunFollower implements Run {
  readonly conversationId: string
  readonly turnId: string
  readonly result: Promise<RunResult>
  readonly #events = new AsyncQueue<RunEvent>()
  #messageId: string
  readonly #textParts = new Set<string>()
  #stops: readonly (() => void)[] = []
  #resolve: (result: RunResult) => void = () => {}
  #reject: (error: unknown) => void = () => {}

  constructor(ids: { conversationId: string; turnId: string; messageId: string }) {
    this.conversationId = ids.conversationId
    this.turnId = ids.turnId
    this.#messageId = ids.messageId
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Whoever only iterates learns of the failure there.
    this.result.catch(() => {})
  }

  /** Follows `conversation` until the turn ends. */
  attach(conversation: Conversation): void {
    // Folded here event by event, so that each state of a call is seen, not only the last of a commit.
    let state = conversation.state
    this.#stops = [
      conversation.onCommit((events) => {
        for (const event of events) {
          const before = state
          state = evolve(state, event)
          this.#showCalls(before, state)
          this.#take(event, conversation.state)
        }
      }),
      conversation.onLoss((error) => this.fail(error)),
      conversation.onLive((frame) => this.#showText(frame, conversation.state)),
    ]
  }

  /** Whether the log has the turn, whoever began it; where it is over there, so is the run. */
  async recall(conversation: Conversation): Promise<boolean> {
    let isKnown = false
    for (const event of await conversation.read(0)) {
      if (!('turnId' in event) || event.turnId !== this.turnId) continue
      isKnown = true
      if (event.type === 'turn-started' || event.type === 'turn-queued')
        this.#messageId = event.message.id
      if (event.type === 'turn-finished') this.#finish(event, conversation.state)
    }
    return isKnown
  }

  /** The turn could not be started, or can no longer be followed. */
  fail(error: unknown): void {
    for (const stop of this.#stops) stop()
    this.#events.fail(error)
    this.#reject(error)
  }

  [Symbol.asyncIterator](): AsyncIterator<RunEvent> {
    return this.#events[Symbol.asyncIterator]()
  }

  #showText(frame: ServerFrame, { turn }: ConversationState): void {
    if (frame.k !== 'd' || turn?.turnId !== this.turnId) return
    const part = `${frame.m} ${frame.p}`
    if (frame.h?.type === 'text') this.#textParts.add(part)
    if (frame.x !== '' && this.#textParts.has(part))
      this.#events.push({ type: 'text-delta', text: frame.x })
  }

  #showCalls({ turn: before }: ConversationState, { turn }: ConversationState): void {
    if (turn?.turnId !== this.turnId) return
    for (const [index, call] of turn.calls.entries())
      if (before?.calls[index]?.phase.state !== call.phase.state)
        this.#events.push({ type: 'call', call: toolPart(call) })
  }

  #take(event: ConversationEvent, state: ConversationState): void {
    if (event.type === 'step-finished' && event.turnId === this.turnId) {
      const message = findMessage(state, event.message.id)
      if (message) this.#events.push({ type: 'message', message })
    }
    if (event.type === 'turn-finished' && event.turnId === this.turnId) this.#finish(event, state)
  }

  #finish({ reason, error }: EventOf<'turn-finished'>, state: ConversationState): void {
    for (const stop of this.#stops) stop()
    const messages = this.#ownMessages(state)
    const end = { reason, ...(error && { error }) }
    this.#events.push({ type: 'finish', ...end })
    this.#events.end()
    this.#resolve({
      ...end,
      messages,
      text: (messages.at(-1)?.parts ?? [])
        .map((part) => (part.type === 'text' ? part.text : ''))
        .join(''),
      calls: messages.flatMap((message) => message.parts).filter((part) => part.type === 'tool'),
    })
  }

  /** From the message that began this turn to the next one of a user. */
  #ownMessages({ messages }: ConversationState): readonly Message[] {
    const first = messages.findLastIndex(({ id }) => id === this.#messageId)
    const since = messages.slice(first)
    const next = since.findIndex(({ role }, index) => index > 0 && role === 'user')
    return next === -1 ? since : since.slice(0, next)
  }
}
