import {
  CallCredentials,
  type ErrorReport,
  type RunToolOptions,
  maskError,
  notPermitted,
  runTool,
  withModelView,
} from '../guards/index.ts'
import type { CallOutcome } from '../protocol/index.ts'
import type { Call, Turn } from '../turn/index.ts'
import type { Conversation } from './conversation.ts'
import { guardedCall } from './guarded-call.ts'
import { keepLease } from './keep-lease.ts'
import type { EngineOptions } from './options.ts'
import { toolIn } from './result-pages.ts'

/** Runs one call on this node: waits for room, claims it, runs the handler under a lease, hands in the result. */
export class ServerCall {
  readonly #conversation: Conversation
  readonly #options: EngineOptions
  readonly #turn: Turn
  readonly #call: Call
  readonly #controller = new AbortController()

  constructor(
    conversation: Conversation,
    work: { turn: Turn; call: Call },
    options: EngineOptions,
  ) {
    this.#conversation = conversation
    this.#turn = work.turn
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
    const { reply } = await this.#conversation.execute({
      type: 'claim',
      callId,
      attempt,
      n: 1,
      argsHash,
      from,
    })
    if (reply !== 'granted') return
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

  /** Rights may have changed since the model asked, as while a person was asked. */
  async #refusal(): Promise<CallOutcome | null> {
    const { tools, permissions, world } = this.#options
    const tool = tools.get(this.#call.toolName)
    try {
      return await notPermitted(tool, this.#turn.principal, permissions)
    } catch (error) {
      return maskError(error, this.#call, { world, onError: (report) => this.#report(report) })
    }
  }

  async #outcome(attempt: number): Promise<CallOutcome> {
    const { tools, guards, world, credentials: provider } = this.#options
    const { principal } = this.#turn
    const tool = tools.get(this.#call.toolName)
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
    const outcome = await guards.run(work, run, options)
    return withModelView(runnable, outcome, { ...options, ...this.#call, maxModelOutputChars })
  }

  #runOptions(attempt: number, credentials: CallCredentials): RunToolOptions {
    let n = 0
    return {
      world: this.#options.world,
      signal: this.#controller.signal,
      cancelGraceMs: this.#turn.policy.cancelGraceMs,
      progress: (value) =>
        this.#conversation.publish({
          k: 'p',
          c: this.#call.callId,
          a: attempt,
          n: ++n,
          x: credentials.hide(value),
        }),
      principal: this.#turn.principal,
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
      leaseMs: this.#turn.policy.leaseMs,
      renew: () => this.#conversation.execute({ type: 'beat', callId, attempt, n: ++n, from }),
      onLost: () => this.cancel(),
      onError: (error) => this.#report({ errorId: world.randomId().slice(0, 12), error }),
    })
  }

  #report(report: ErrorReport): void {
    this.#options.onError?.({
      ...report,
      conversationId: this.#conversation.id,
      turnId: this.#turn.turnId,
    })
  }
}
