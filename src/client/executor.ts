import { type World, isObject, newErrorId, pause } from '../base/index.ts'
import {
  type ErrorReport,
  type Pipeline,
  type Watch,
  failure,
  runTool,
  takingBack,
} from '../guards/index.ts'
import type { LedgerEntry, LedgerPlace } from '../ports/index.ts'
import type { CallOutcome, ClientCommand, ReplyFrame } from '../protocol/index.ts'
import type { AnyTool, ToolRegistry } from '../tools/index.ts'
import {
  type Call,
  type CallScope,
  type ConversationState,
  type ExecutingPhase,
  type Undoable,
  callsOf,
  clientNameOf,
  emptyConversation,
  findCall,
  fitsCall,
  isSettled,
  mayStillBegin,
  scopeOf,
  takenBackBy,
  untrustedIn,
} from '../turn/index.ts'
import { type Claimant, claimDelayMs } from './claim-delay.ts'
import { handIn } from './hand-in.ts'
import { Heartbeat } from './heartbeat.ts'
import { type LocalPolicy, denied, localRefusal } from './local-policy.ts'
import { recover } from './recovery.ts'

export interface ExecutorOptions {
  readonly place: LedgerPlace
  readonly tools: ToolRegistry
  readonly world: World
  readonly guards: Pipeline
  readonly conversationId: string
  readonly context: unknown
  /** What this client says of itself where several could run a call. */
  readonly claimant: Claimant
  readonly policy: LocalPolicy
  readonly request: (command: ClientCommand) => Promise<ReplyFrame>
  readonly tell: (command: ClientCommand) => void
  readonly watch: Watch
  readonly onError: (report: ErrorReport) => void
}

interface Work {
  readonly scope: CallScope
  readonly tool: AnyTool
  /** The call that this one takes back. */
  readonly taken: Undoable | undefined
  readonly attempt: number
  readonly signal: AbortSignal
  /** An earlier life of this client was granted the call and, says the journal, did not begin it. */
  readonly noBegin: boolean
}

/** A claim that was granted, and when it was sent. */
interface Grant {
  readonly n: number
  readonly sentAt: number
  readonly traceparent: string | undefined
}

/**
 * Runs this client's share of the calls: claims what is offered, runs it once under the ledger's word, and
 * hands in the result until it is accepted.
 */
export class Executor {
  readonly #options: ExecutorOptions
  readonly #running = new Map<string, AbortController>()
  /** Attempts that this client has dealt with, whatever came of it; none is taken twice. */
  readonly #seen = new Set<string>()
  #state: ConversationState = emptyConversation
  #recovering: Promise<void> | null = null
  #onIdle: () => void = () => {}

  constructor(options: ExecutorOptions) {
    this.#options = options
    this.#recover()
  }

  /** Looks at the conversation as it stands, starts what waits for this client and aborts what is over. */
  react(state: ConversationState): void {
    if (state.turn?.turnId !== this.#state.turn?.turnId) this.#seen.clear()
    this.#state = state
    const calls = callsOf(state)
    for (const [callId, controller] of this.#running)
      if (!calls.some((call) => call.callId === callId && this.#isWanted(call)))
        // Nobody reads the reason; an error made for each call that ends would cost a stack trace.
        controller.abort(null)
    for (const call of calls) this.#consider(call)
  }

  /** Aborts every handler. */
  close(): void {
    for (const controller of this.#running.values()) controller.abort()
  }

  /** Calls `listener` once nothing runs here, which may be at once. */
  whenIdle(listener: () => void): void {
    this.#onIdle = listener
    if (this.#running.size === 0) listener()
  }

  #consider(call: Call): void {
    const { callId, phase, executor } = call
    if (executor !== 'client' || isSettled(call)) return
    if (phase.state === 'executing' && phase.suspectUntil !== null) this.#recover()
    const isInherited = phase.state === 'executing' && this.#isInherited(phase)
    if (phase.state !== 'queued' && !isInherited) return
    const claim = { attempt: phase.attempt, noBegin: isInherited }
    if (!this.#running.has(callId)) this.#start(call, claim)
  }

  #start(call: Call, claim: Pick<Work, 'attempt' | 'noBegin'>): void {
    const { callId } = call
    const { attempt, noBegin } = claim
    const tool = this.#toolFor(call)
    const scope = scopeOf(this.#state, call)
    const attemptKey = `${callId}:${attempt}`
    if (!tool || !scope || this.#seen.has(attemptKey)) return
    const delayMs = noBegin ? 0 : claimDelayMs(scope, this.#options.claimant)
    if (delayMs === null) return
    const taken = takenBackBy(this.#state, call)
    const controller = new AbortController()
    this.#seen.add(attemptKey)
    this.#running.set(callId, controller)
    const { signal } = controller
    const { world } = this.#options
    const waited = delayMs > 0 ? pause(delayMs, { world, signal }) : Promise.resolve()
    waited
      .then(() => this.#enter(call, { ...claim, scope, tool, taken, signal }))
      .catch((error: unknown) => this.#report(error, call))
      .finally(() => this.#done(call))
  }

  /** The tool that the model was told of, as far as it is here: a changed one is another tool. */
  #toolFor(call: Call): AnyTool | null {
    const { tools } = this.#options
    const name = clientNameOf(call)
    const tool = tools.has(name) ? tools.get(name) : null
    const handler = call.undoOf === undefined ? tool?.execute : tool?.undo
    return tool && handler && fitsCall(call, tool.descriptor.hash) ? tool : null
  }

  #done({ callId }: Call): void {
    this.#running.delete(callId)
    if (this.#running.size === 0) this.#onIdle()
    // The call may have been offered anew meanwhile.
    const current = findCall(this.#state, callId)
    if (current) this.#consider(current)
  }

  /** Whether a call that runs here is still to run here. */
  #isWanted({ phase }: Call): boolean {
    if (phase.state === 'queued') return true
    const isHere = phase.state === 'executing' && phase.holder === this.#options.place.clientId
    return isHere && phase.cancelUntil === null
  }

  /** Whether an earlier life of this client holds the call. */
  #isInherited({ holder, epoch, cancelUntil }: ExecutingPhase): boolean {
    const { place } = this.#options
    return holder === place.clientId && epoch < place.epoch && cancelUntil === null
  }

  /** Waits for room first: what waits is not claimed, and another client may run it. */
  async #enter(call: Call, work: Work): Promise<void> {
    const leave = await this.#options.guards.enter(call.toolName, work.signal)
    if (leave) await this.#take(call, work).finally(leave)
  }

  async #take(call: Call, work: Work): Promise<void> {
    const { callId, argsHash, effect } = call
    const { attempt, noBegin } = work
    const { place } = this.#options
    // What an earlier life began is for `recover` to settle.
    if (noBegin && (await place.hasBegun(callId, attempt))) return
    const entry = { callId, attempt, argsHash, effect, clientId: place.clientId }
    let outcome: CallOutcome | 'late' | null = 'late'
    for (let n = 1; outcome === 'late';) {
      const grant = await this.#claim(call, work, n)
      if (!grant) return
      n = grant.n + 1
      outcome =
        (await this.#refusal(call, work)) ?? (await this.#begin(entry, call, { ...work, grant }))
    }
    if (!outcome) return
    await handIn(
      { type: 'result', callId, attempt, argsHash, ...outcome },
      {
        request: this.#options.request,
        onRefused: (error) => this.#report(error, call),
      },
    )
    await place.acknowledge(callId, attempt)
  }

  async #refusal(call: Call, { tool, taken }: Work): Promise<CallOutcome | null> {
    try {
      return await localRefusal({ call, tool, taken }, this.#options.policy)
    } catch (error) {
      // A policy that is broken is no leave to run.
      this.#report(error, call)
      return denied('this client could not decide')
    }
  }

  /**
   * Runs the handler between two lines of the journal; `null` where another realm began the call, and `late`
   * where the grant is too old by the time that the first line is written.
   */
  async #begin(
    entry: LedgerEntry,
    call: Call,
    work: Work & { readonly grant: Grant },
  ): Promise<CallOutcome | 'late' | null> {
    const { place } = this.#options
    try {
      // Written before the effect: whoever asks first may begin, and nobody after.
      if (!(await place.begin(entry))) return null
      if (!this.#isFresh(work.grant, work)) {
        await place.acknowledge(entry.callId, entry.attempt)
        return 'late'
      }
    } catch (error) {
      this.#report(error, call)
      return notJournaled
    }
    const outcome = await this.#observed(call, work)
    // A journal that fails now must not keep the result from those who wait for it.
    await place
      .end(call.callId, work.attempt, outcome)
      .catch((error: unknown) => this.#report(error, call))
    return outcome
  }

  /** Claims until a grant comes in time to begin, or it is clear that this client is not to run the call. */
  async #claim({ callId, argsHash }: Call, work: Work, first: number): Promise<Grant | null> {
    const { world, request } = this.#options
    const { attempt, signal, noBegin } = work
    const claim = { type: 'claim', callId, attempt, argsHash, ...(noBegin && { noBegin }) } as const
    for (let n = first; !signal.aborted; n++) {
      const sentAt = world.monotonic()
      const { st, traceparent } = await request({ ...claim, n })
      // The call is held here, and no longer wanted.
      if (st === 'cancel' || (st === 'granted' && signal.aborted)) break
      if (st !== 'granted') return null
      if (this.#isFresh({ sentAt }, work)) return { n, sentAt, traceparent }
    }
    // Given back, a cancelled call is settled at once.
    await request({ type: 'release', callId, attempt })
    return null
  }

  #isFresh({ sentAt }: Pick<Grant, 'sentAt'>, { scope }: Work): boolean {
    return mayStillBegin(this.#options.world.monotonic() - sentAt, scope.policy.leaseMs)
  }

  #observed(call: Call, work: Work & { readonly grant: Grant }): Promise<CallOutcome> {
    const { watch, place, conversationId } = this.#options
    const { callId, turnId, toolCallId, toolName, executor } = call
    const { attempt, grant } = work
    const { traceparent } = grant
    const id = `${place.clientId}/${callId}/${attempt}`
    const facts = { id, conversationId, turnId, callId, toolCallId, toolName, executor, attempt }
    return watch.attempt(facts, () => this.#run(call, work), {
      ...(traceparent !== undefined && { begun: { traceparent } }),
    })
  }

  async #run(call: Call, { scope, taken, attempt, signal, ...work }: Work): Promise<CallOutcome> {
    const { world, guards, conversationId, context, onError } = this.#options
    const tool = taken ? takingBack(work.tool, taken) : work.tool
    const lease = { callId: call.callId, attempt, leaseMs: scope.policy.leaseMs }
    const beats = new Heartbeat(lease, this.#options)
    const aborted = new AbortController()
    const abort = (): void => aborted.abort()
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    beats.onCancel = abort
    beats.start()
    const options = {
      world,
      context,
      signal: aborted.signal,
      cancelGraceMs: scope.policy.cancelGraceMs,
      progress: (value: unknown) => beats.progress(value),
      onError,
    }
    const guarded = {
      ...call,
      ...(taken && { input: taken.input, undo: { output: taken.output } }),
      tool,
      attempt,
      conversationId,
      principal: null,
      untrusted: untrustedIn(this.#state),
      signal: aborted.signal,
    }
    const run = (): Promise<CallOutcome> => runTool(tool, { ...call, attempt }, options)
    try {
      return await guards.run(guarded, run, options)
    } finally {
      beats.stop()
      signal.removeEventListener('abort', abort)
    }
  }

  /** One recovery at a time; what dies meanwhile is found by the next. */
  #recover(): void {
    if (this.#recovering) return
    const { place, request } = this.#options
    const onRefused = (error: unknown): void => this.#report(error)
    this.#recovering = recover({ place, request, onRefused })
      .catch(onRefused)
      .finally(() => {
        this.#recovering = null
      })
  }

  #report(error: unknown, call?: Call): void {
    if (isClosed(error)) return
    const { world, onError } = this.#options
    const about = call && { toolCallId: call.toolCallId, toolName: call.toolName }
    onError({ errorId: newErrorId(world), error, ...about })
  }
}

/** A client that was closed leaves its calls to the journal and the lease; that is no fault. */
function isClosed(error: unknown): boolean {
  return isObject(error) && error['code'] === 'TRANSPORT_CLOSED'
}

const notJournaled = failure('not-journaled', 'Not run: the client could not write its journal.')
