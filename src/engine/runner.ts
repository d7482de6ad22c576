import { newErrorId } from '../base/index.ts'
import { redactEvent } from '../guards/index.ts'
import type { ConversationEvent } from '../protocol/index.ts'
import {
  type Call,
  type ConversationState,
  type Turn,
  callsOf,
  continuation,
  evolve,
  findCall,
  findMessage,
  nextDue,
  scopeOf,
  stepAbandoned,
} from '../turn/index.ts'
import { beginUndo } from './begin-undo.ts'
import type { Conversation } from './conversation.ts'
import { ModelStep } from './model-step.ts'
import type { EngineOptions } from './options.ts'
import { ServerCall } from './server-call.ts'
import { turnView } from './turn-view.ts'

// Nothing is tried again in a tight loop, neither what fails nor what changes nothing.
const pauseMs = 1_000

/**
 * Keeps one conversation going on this node. It only reacts: after every commit it looks at the state and
 * starts what is missing there, so it can be dropped at any moment and made again anywhere.
 */
export class Runner {
  readonly #conversation: Conversation
  readonly #options: EngineOptions
  readonly #calls = new Map<string, ServerCall>()
  readonly #onIdle: () => void
  readonly #unsubscribe: () => void
  #step: ModelStep | null = null
  #isBeginningUndo = false
  #stopTimer: () => void = () => {}
  #closed = false

  /** `onIdle` is called whenever there is nothing to do here, which may be often. */
  constructor(conversation: Conversation, options: EngineOptions, onIdle: () => void) {
    this.#conversation = conversation
    this.#options = options
    this.#onIdle = onIdle
    const offCommit = conversation.onCommit((events, _, { before }) => {
      this.#tell(events, before)
      this.#react()
    })
    // What is left may hold a turn that was over here.
    const offLoss = conversation.onLoss(() => this.#react())
    this.#unsubscribe = () => {
      offCommit()
      offLoss()
    }
    this.#react()
  }

  /** Whether this node has work under way here. */
  get isBusy(): boolean {
    const { turn, undoQueue } = this.#conversation.state
    return this.#step !== null || this.#calls.size > 0 || turn !== null || undoQueue.length > 0
  }

  /** Stops reacting and aborts what runs here, uncommitted: the log knows what is left to do, for whoever comes. */
  close(): void {
    this.#closed = true
    this.#unsubscribe()
    this.#stopTimer()
    this.#step?.abort()
    for (const call of this.#calls.values()) call.cancel()
  }

  #react(): void {
    if (this.#closed) return
    const { turn } = this.#conversation.state
    this.#setTimer()
    this.#undoNext()
    for (const call of callsOf(this.#conversation.state)) this.#reactToCall(call)
    if (!turn) return this.isBusy ? undefined : this.#onIdle()
    if (turn.stopRequested) this.#step?.abort()
    const stepDue = turn.running
      ? stepAbandoned(turn, this.#options.world.now())
      : continuation(turn) === 'step'
    if (stepDue && !this.#step) this.#startStep(turn)
  }

  #reactToCall(call: Call): void {
    const { phase } = call
    if (phase.state === 'executing' && phase.cancelUntil !== null)
      this.#calls.get(call.callId)?.cancel()
    if (phase.state !== 'queued' || call.executor !== 'server') return
    const scope = scopeOf(this.#conversation.state, call)
    if (!scope || this.#calls.has(call.callId)) return
    const work = new ServerCall(this.#conversation, { scope, call }, this.#options)
    this.#calls.set(call.callId, work)
    this.#track(work.run(phase.attempt), () => this.#calls.delete(call.callId))
  }

  #undoNext(): void {
    const [next] = this.#conversation.state.undoQueue
    if (!next || next.call || this.#isBeginningUndo) return
    this.#isBeginningUndo = true
    this.#track(beginUndo(this.#conversation, next, this.#options), () => {
      this.#isBeginningUndo = false
    })
  }

  #startStep(turn: Turn): void {
    const step = new ModelStep(this.#conversation, turn, this.#options)
    this.#step = step
    this.#track(this.#runStep(step, turn), () => {
      this.#step = null
    })
  }

  async #runStep(step: ModelStep, turn: Turn): Promise<void> {
    if (turn.step > 0 && !turn.running && (await this.#shouldStop(turn)))
      await this.#conversation.execute({
        type: 'turn-end',
        turnId: turn.turnId,
        reason: 'stop-condition',
      })
    else await step.run()
  }

  async #shouldStop(turn: Turn): Promise<boolean> {
    const view = turnView(this.#conversation, turn, this.#options)
    try {
      for (const condition of this.#options.stopWhen) if (await condition(view)) return true
      return false
    } catch (error) {
      // A brake that is broken is no leave to go on.
      this.#report(error)
      return true
    }
  }

  /** Follows work that nobody awaits; the state decides what comes next, after a pause where it came to nothing. */
  #track(work: Promise<void>, done: () => void): void {
    const { version } = this.#conversation.state
    work.then(
      () => {
        done()
        if (this.#conversation.state.version > version) this.#react()
        else this.#pause()
      },
      (error: unknown) => {
        done()
        // After the close a commit fails because it must.
        if (this.#closed) return
        this.#report(error)
        this.#pause()
      },
    )
  }

  #pause(): void {
    this.#stopTimer()
    if (!this.#closed) this.#stopTimer = this.#options.world.setTimer(pauseMs, () => this.#react())
  }

  /** One timer for the whole conversation, and none while nothing can become due. */
  #setTimer(): void {
    this.#stopTimer()
    const due = nextDue(this.#conversation.state)
    if (due === null) return
    const { world } = this.#options
    this.#stopTimer = world.setTimer(Math.max(0, due - world.now()), () =>
      this.#track(this.#tick(), () => {}),
    )
  }

  async #tick(): Promise<void> {
    await this.#conversation.execute({ type: 'tick' })
  }

  #tell(events: readonly ConversationEvent[], before: ConversationState): void {
    const conversationId = this.#conversation.id
    const { onEvent, onFinish } = this.#options
    let state = before
    for (const event of events) {
      if (onEvent) {
        const now = (state = evolve(state, event))
        this.#guard(() => onEvent({ conversationId, event: this.#redacted(event, now) }))
      }
      if (event.type === 'step-finished') this.#tellStep(event)
      if (event.type === 'turn-finished' && onFinish) {
        const { turnId, reason } = event
        const { messages } = this.#conversation.state
        this.#guard(() => onFinish({ conversationId, turnId, reason, messages }))
      }
    }
  }

  #redacted(event: ConversationEvent, state: ConversationState): ConversationEvent {
    const { redact, toolOf } = this.#options
    const id = event.type === 'call-created' ? event.call.callId : 'callId' in event && event.callId
    const call = id ? findCall(state, id) : undefined
    return redactEvent(event, redact, call ? toolOf(call) : null)
  }

  #tellStep({
    turnId,
    step,
    message,
    usage,
  }: Extract<ConversationEvent, { type: 'step-finished' }>): void {
    const { onStep } = this.#options
    if (!onStep) return
    const { id: conversationId, state } = this.#conversation
    const shown = findMessage(state, message.id)
    if (shown) this.#guard(() => onStep({ conversationId, turnId, step, message: shown, usage }))
  }

  /** Runs a callback of the host, whose failure must not become ours. */
  #guard(callback: () => void | Promise<void> | undefined): void {
    Promise.resolve()
      .then(callback)
      .catch((error: unknown) => this.#report(error))
  }

  #report(error: unknown): void {
    const { turn } = this.#conversation.state
    this.#options.onError?.({
      errorId: newErrorId(this.#options.world),
      error,
      conversationId: this.#conversation.id,
      ...(turn && { turnId: turn.turnId }),
    })
  }
}
