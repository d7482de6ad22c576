import { newErrorId } from '../base/index.ts'
import {
  CallCredentials,
  type ErrorReport,
  type RunToolOptions,
  maskError,
  notPermitted,
  runTool,
  takingBack,
  withModelView,
} from '../guards/index.ts'
import type { CallOutcome, Command } from '../protocol/index.ts'
import { type Call, type CallScope, mayStillBegin, takenBackBy } from '../turn/index.ts'
import type { Conversation } from './conversation.ts'
import { guardedCall } from './guarded-call.ts'
import { keepLease } from './keep-lease.ts'
import type { EngineOptions } from './options.ts'
import { toolIn } from './result-pages.ts'

/** Runs one call on this node: waits for room, claims it, runs the handler under a lease, hands in the result. */
export class ServerCall {
  readonly #conversation: Conversation
  readonly #options: EngineOptions
  readonly #scope: CallScope
  readonly #call: Call
  readonly #controller = new AbortController()

  constructor(
    conversation: Conversation,
    work: { readonly scope: CallScope; readonly call: Call },
    options: EngineOptions,
  ) {
    this.#conversation = conversation
    this.#scope = work.scope
    this.#call = work.call
    this.#options = options
  }

  /** Aborts the handler's signal; what it hands back within the grace time is kept. */
  cancel(): void {
    this.#controller.abort()
  }

  async run(attempt: number): Promise<void> {
    const { guards } = this.#options
    const leave = await guards.enter(this.#call.toolName, this.#controller.signal)
    // What was settled while it waited is not granted any more.
    if (leave) await this.#claimAndRun(attempt).finally(leave)
  }

  async #claimAndRun(attempt: number): Promise<void> {
    const { callId, argsHash } = this.#call
    const from = { clientId: this.#options.nodeId, epoch: 0 }
    const refusal = await this.#refusal()
    if (refusal) {
      await this.#conversation.execute({ type: 'refuse', callId, outcome: refusal })
      return
    }
    if (!(await this.#claim({ callId, attempt, argsHash, from }))) return
    const stopBeating = this.#keepLease(attempt)
    try {
      const outcome = await this.#outcome(attempt)
      await this.#conversation.execute({
        type: 'result',
        callId,
        attempt,
        argsHash,
        from,
        ...outcome,
      })
    } finally {
      stopBeating()
    }
  }

  /** Claims until a grant comes in time to begin: a node that was paused may find its lease over. */
  async #claim(claim: Omit<Extract<Command, { type: 'claim' }>, 'type' | 'n'>): Promise<boolean> {
    const { world } = this.#options
    for (let n = 1; ; n++) {
      const sentAt = world.monotonic()
      const { reply } = await this.#conversation.execute({ type: 'claim', ...claim, n })
      if (reply !== 'granted') return false
      if (mayStillBegin(world.monotonic() - sentAt, this.#scope.policy.leaseMs)) return true
    }
  }

  /** Rights may have changed since the model asked, as while a person was asked. */
  async #refusal(): Promise<CallOutcome | null> {
    const { tools, permissions, world } = this.#options
    const tool = tools.get(this.#call.toolName)
    try {
      return await notPermitted(tool, this.#scope.principal, permissions)
    } catch (error) {
      return maskError(error, this.#call, { world, onError: (report) => this.#report(report) })
    }
  }

  async #outcome(attempt: number): Promise<CallOutcome> {
    const { tools, guards, world, credentials: provider } = this.#options
    const { principal } = this.#scope
    const own = tools.get(this.#call.toolName)
    const taken = takenBackBy(this.#conversation.state, this.#call)
    const tool = taken ? takingBack(own, taken) : own
    const credentials = new CallCredentials({ provider, principal, toolName: tool.name, world })
    const options = this.#runOptions(attempt, credentials)
    const { signal } = options
    const work = guardedCall(this.#call, {
      conversation: this.#conversation,
      tool,
      attempt,
      signal,
    })
    const { maxModelOutputChars } = guards
    const runnable = toolIn(this.#conversation, tool, { tools, maxModelOutputChars })
    const run = async (): Promise<CallOutcome> =>
      credentials.hide(await runTool(runnable, { ...this.#call, attempt }, options))
    const { observation } = this.#options
    const observed = observation.attempt(this.#call, { conversation: this.#conversation, attempt })
    const outcome = await observed.run(() => guards.run(work, run, options))
    // The model is told of it beside the call that was taken back.
    if (taken) return outcome
    return withModelView(runnable, outcome, { ...options, ...this.#call, maxModelOutputChars })
  }

  #runOptions(attempt: number, credentials: CallCredentials): RunToolOptions {
    let n = 0
    return {
      world: this.#options.world,
      signal: this.#controller.signal,
      cancelGraceMs: this.#scope.policy.cancelGraceMs,
      progress: (value) =>
        this.#conversation.publish({
          k: 'p',
          c: this.#call.callId,
          a: attempt,
          n: ++n,
          x: credentials.hide(value),
        }),
      principal: this.#scope.principal,
      context: this.#options.context,
      credential: (name, options) => credentials.get(name, options),
      onError: (report) =>
        this.#report({ ...report, error: credentials.hideInError(report.error) }),
    }
  }

  #keepLease(attempt: number): () => void {
    const { world, nodeId } = this.#options
    const { callId } = this.#call
    const from = { clientId: nodeId, epoch: 0 }
    let n = 0
    return keepLease({
      world,
      leaseMs: this.#scope.policy.leaseMs,
      renew: () => this.#conversation.execute({ type: 'beat', callId, attempt, n: ++n, from }),
      onLost: () => this.cancel(),
      onError: (error) => this.#report({ errorId: newErrorId(world), error }),
    })
  }

  #report(report: ErrorReport): void {
    this.#options.onError?.({
      ...report,
      conversationId: this.#conversation.id,
      turnId: this.#call.turnId,
    })
  }
}
