import { ToolwireError, type World, isObject } from '../base/index.ts'
import { type CallOutcome, type CallState, callStates, isTerminal } from '../protocol/index.ts'
import type { RoomLimits } from './guard-limits.ts'
import type { Guard, GuardedCall } from './guard.ts'
import { type ErrorReport, maskError } from './mask-error.ts'
import { failure } from './outcome.ts'
import { cancelledByUser } from './run-tool.ts'
import { Slots } from './slots.ts'

export interface PipelineOptions {
  readonly world: World
  readonly limits: RoomLimits
  /** In the order in which they are asked. */
  readonly guards: readonly Guard[]
}

interface RunOptions {
  readonly cancelGraceMs: number
  readonly onError: (report: ErrorReport) => void
}

/**
 * The guards of one side, which stand around everything that runs there: made once for a server or a client,
 * with all that they remember.
 */
export class Pipeline {
  readonly #world: World
  readonly #slots: Slots
  readonly #guards: readonly Guard[]

  constructor({ world, limits, guards }: PipelineOptions) {
    this.#world = world
    this.#slots = new Slots(limits)
    this.#guards = guards
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
      const guard = this.#guards[index]
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
    return failure('guard-failed', errorText)
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
        stopTimer = this.#world.setTimer(2 * cancelGraceMs, () => resolve(cancelledByUser))
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
