import { ToolwireError, type World, isObject } from '../base/index.ts'
import type { Limiter } from '../ports/index.ts'
import { type CallOutcome, type CallState, callStates, isTerminal } from '../protocol/index.ts'
import { CircuitBreaker, type CircuitHealth } from './circuit-breaker.ts'
import { type GuardLimits, limitsOf } from './guard-limits.ts'
import type { Guard, GuardedCall } from './guard.ts'
import { type ErrorReport, maskError } from './mask-error.ts'
import { memoryLimiter } from './memory-limiter.ts'
import { rateLimit } from './rate-limit.ts'
import { ResultCache } from './result-cache.ts'
import { Slots } from './slots.ts'
import { inputLimits, outputLimits } from './value-limits.ts'

export interface GuardsOptions {
  readonly world: World
  readonly limits?: GuardLimits | undefined
  /** The host's own. */
  readonly guards?: readonly Guard[] | undefined
  /** Default: in memory. */
  readonly limiter?: Limiter | undefined
}

interface RunOptions {
  readonly cancelGraceMs: number
  readonly onError: (report: ErrorReport) => void
}

/**
 * Every guard of one side, and all that they remember: made once for a server or a client. The same pipeline
 * stands around server tools, client tools and whatever else is a tool.
 */
export class Guards {
  readonly #world: World
  readonly #slots: Slots
  readonly #breaker: CircuitBreaker
  readonly #pipeline: readonly Guard[]
  /** What the model sees of an output, where the tool says nothing else. */
  readonly maxModelOutputChars: number

  constructor({ world, limits, guards = [], limiter = memoryLimiter(world) }: GuardsOptions) {
    const known = limitsOf(limits)
    this.#world = world
    this.maxModelOutputChars = known.maxModelOutputChars
    this.#slots = new Slots(known)
    this.#breaker = new CircuitBreaker(world, known.circuit)
    // The order is part of the contract, and stands in docs/guides/guards.md. What refuses for free comes
    // first; the host decides before anything is counted or answered from memory; a kept answer costs nothing;
    // and a circuit that is open takes no place within a limit.
    this.#pipeline = [
      inputLimits(known),
      ...guards,
      new ResultCache(world).guard,
      this.#breaker.guard,
      rateLimit(limiter),
      outputLimits(known),
    ]
  }

  /** Waits for room to run a call, before it is claimed; `null` where `signal` aborts meanwhile. */
  enter(toolName: string, signal: AbortSignal): Promise<(() => void) | null> {
    return this.#slots.enter(toolName, signal)
  }

  /** Takes a call through every guard to `run`, and its outcome back. Never rejects where `run` does not. */
  run(
    call: GuardedCall,
    run: () => Promise<CallOutcome>,
    options: RunOptions,
  ): Promise<CallOutcome> {
    const through = async (index: number): Promise<CallOutcome> => {
      const guard = this.#pipeline[index]
      if (!guard) return run()
      let rest: Promise<CallOutcome> | undefined
      try {
        // A second `next` gets the outcome of the first: nothing runs twice.
        return outcomeOf(await guard(call, () => (rest ??= through(index + 1))))
      } catch (error) {
        return this.#failed(error, call, { hasRun: rest !== undefined, ...options })
      }
    }
    return this.#orGivenUp(through(0), call.signal, options)
  }

  /** The circuits that are not closed, by tool. */
  circuits(): Readonly<Record<string, CircuitHealth>> {
    return this.#breaker.health()
  }

  /** What a guard threw: in its own words where it is a `ToolError`, else masked like an error of a handler. */
  #failed(
    error: unknown,
    call: GuardedCall,
    { hasRun, onError }: RunOptions & { readonly hasRun: boolean },
  ): CallOutcome {
    const { toolCallId, toolName } = call
    let errorId = ''
    const outcome = maskError(
      error,
      { toolCallId, toolName },
      {
        world: this.#world,
        onError: (report) => {
          errorId = report.errorId
          onError(report)
        },
      },
    )
    if (errorId === '') return outcome
    const errorText = hasRun
      ? `A check after the tool failed (error ${errorId}). The tool may have had its effect: look before you repeat it.`
      : `Not run: a check before the tool failed (error ${errorId}).`
    return { state: 'output-error', errorCode: 'guard-failed', errorText }
  }

  /** A guard that never answers must not hold a cancelled call; the handler's own time to stop comes first. */
  #orGivenUp(
    work: Promise<CallOutcome>,
    signal: AbortSignal,
    { cancelGraceMs }: RunOptions,
  ): Promise<CallOutcome> {
    return new Promise((resolve, reject) => {
      let stopTimer = (): void => {}
      const onAbort = (): void => {
        stopTimer = this.#world.setTimer(2 * cancelGraceMs, () => resolve(givenUp))
      }
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort)
      work.then(resolve, reject).finally(() => {
        stopTimer()
        signal.removeEventListener('abort', onAbort)
      })
    })
  }
}

const givenUp: CallOutcome = {
  state: 'cancelled',
  errorCode: 'cancelled',
  errorText: 'Cancelled by the user.',
}

/** A guard of the host may have forgotten to hand on what `next` gave it. */
function outcomeOf(value: unknown): CallOutcome {
  const state = isObject(value) ? value['state'] : undefined
  if (isCallState(state) && isTerminal(state)) return value as CallOutcome
  throw new ToolwireError('INVALID_OPTIONS', 'A guard returned no outcome of a call.', {
    hint: 'End it with `return next()`, or with an outcome such as { state: "output-error", errorText }.',
  })
}

function isCallState(value: unknown): value is CallState {
  return callStates.includes(value as CallState)
}
