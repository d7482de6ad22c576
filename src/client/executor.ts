import { type World, isObject, isToolwireError } from '../base/index.ts'
import { type ErrorReport, runTool } from '../guards/index.ts'
import type { Ledger } from '../ports/index.ts'
import type { CallOutcome, ClientCommand, ReplyStatus, ResultCommand } from '../protocol/index.ts'
import { mayStillBegin } from '../session/index.ts'
import type { AnyTool, ToolRegistry } from '../tools/index.ts'
import type { Call, ConversationState, Turn } from '../turn/index.ts'
import { Heartbeat } from './heartbeat.ts'

export interface ExecutorOptions {
  readonly conversationId: string
  readonly clientId: string
  readonly tools: ToolRegistry
  readonly ledger: Ledger
  readonly world: World
  readonly context: unknown
  readonly request: (command: ClientCommand) => Promise<ReplyStatus>
  readonly tell: (command: ClientCommand) => void
  readonly onError: (report: ErrorReport) => void
}

interface Work {
  readonly turn: Turn
  readonly tool: AnyTool
  readonly signal: AbortSignal
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
  #turn: Turn | null = null

  constructor(options: ExecutorOptions) {
    this.#options = options
  }

  /** Looks at the conversation as it stands, starts what waits for this client and aborts what is over. */
  react({ turn }: ConversationState): void {
    if (turn?.turnId !== this.#turn?.turnId) this.#seen.clear()
    this.#turn = turn
    const calls = turn?.calls ?? []
    for (const [callId, controller] of this.#running)
      if (!calls.some((call) => call.callId === callId && this.#isWanted(call))) controller.abort()
    for (const call of calls) if (turn) this.#consider(turn, call)
  }

  /** Aborts every handler. */
  close(): void {
    for (const controller of this.#running.values()) controller.abort()
  }

  #consider(turn: Turn, call: Call): void {
    const { callId, phase, executor, toolName } = call
    const { tools } = this.#options
    if (executor !== 'client' || phase.state !== 'queued' || !tools.has(toolName)) return
    const tool = tools.get(toolName)
    const attemptKey = `${callId}:${phase.attempt}`
    if (!tool.execute || this.#running.has(callId) || this.#seen.has(attemptKey)) return
    const controller = new AbortController()
    this.#seen.add(attemptKey)
    this.#running.set(callId, controller)
    this.#take(call, phase.attempt, { turn, tool, signal: controller.signal })
      .catch((error: unknown) => this.#report(error, call))
      .finally(() => {
        this.#running.delete(callId)
        // The call may have been offered anew meanwhile.
        const current = this.#turn?.calls.find((other) => other.callId === callId)
        if (this.#turn && current) this.#consider(this.#turn, current)
      })
  }

  /** Whether a call that runs here is still to run here. */
  #isWanted({ phase }: Call): boolean {
    if (phase.state === 'queued') return true
    const isHere = phase.state === 'executing' && phase.holder === this.#options.clientId
    return isHere && phase.cancelUntil === null
  }

  async #take(call: Call, attempt: number, work: Work): Promise<void> {
    const { callId, argsHash } = call
    const { conversationId, ledger } = this.#options
    if (!(await this.#claim(call, attempt, work))) return
    // Written before the effect: whoever asks first may begin, and nobody after.
    if (!(await ledger.begin(conversationId, { callId, attempt, argsHash, begun: true }))) return
    const outcome = await this.#run(call, attempt, work)
    await ledger.end(conversationId, callId, outcome)
    const result = { type: 'result', callId, attempt, argsHash } as const
    const refusal = await this.#handIn({ ...result, ...outcome })
    if (refusal !== null) {
      this.#report(refusal, call)
      await this.#handIn({ ...result, ...refusedResult })
    }
    await ledger.acknowledge(conversationId, callId)
  }

  /** Sends a result until it is answered; gives back why the server will never take it. */
  async #handIn(result: ResultCommand): Promise<unknown> {
    try {
      const reply = await this.#options.request(result)
      return reply === 'denied' || reply === 'conflict'
        ? `The server refused a result: ${reply}.`
        : null
    } catch (error) {
      if (isToolwireError(error) && error.code === 'COMMAND_REFUSED') return error
      throw error
    }
  }

  /** Claims until a grant comes in time to begin, or it is clear that this client is not to run the call. */
  async #claim({ callId }: Call, attempt: number, { turn, signal }: Work): Promise<boolean> {
    const { world } = this.#options
    for (let n = 1; !signal.aborted; n++) {
      const sentAt = world.monotonic()
      const reply = await this.#options.request({ type: 'claim', callId, attempt, n })
      if (reply !== 'granted') return false
      if (mayStillBegin(world.monotonic() - sentAt, turn.policy.leaseMs)) return true
    }
    return false
  }

  async #run(call: Call, attempt: number, { turn, tool, signal }: Work): Promise<CallOutcome> {
    const { world, context, onError } = this.#options
    const lease = { callId: call.callId, attempt, leaseMs: turn.policy.leaseMs }
    const beats = new Heartbeat(lease, this.#options)
    const aborted = new AbortController()
    const abort = (): void => aborted.abort()
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    beats.onCancel = abort
    beats.start()
    try {
      return await runTool(
        tool,
        { ...call, attempt },
        {
          world,
          context,
          signal: aborted.signal,
          cancelGraceMs: turn.policy.cancelGraceMs,
          progress: (value) => beats.progress(value),
          onError,
        },
      )
    } finally {
      beats.stop()
      signal.removeEventListener('abort', abort)
    }
  }

  #report(error: unknown, { toolCallId, toolName }: Call): void {
    // A client that was closed leaves its calls to the lease; that is no fault.
    if (isObject(error) && error['code'] === 'TRANSPORT_CLOSED') return
    const errorId = this.#options.world.randomId().slice(0, 12)
    this.#options.onError({ errorId, error, toolCallId, toolName })
  }
}

/** Stands in for a result that no request can carry, so that the call does not wait for it. */
const refusedResult: CallOutcome = {
  state: 'output-error',
  errorCode: 'result-refused',
  errorText:
    'The tool ran, but its result could not be sent: it is too large or holds what JSON frames may not.',
}
