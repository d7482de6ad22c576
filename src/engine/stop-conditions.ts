import type { StepView, StopCondition } from './options.ts'

/** Ends a turn after `count` steps. */
export function stepCountIs(count: number): StopCondition {
  return ({ steps }) => steps.length >= count
}

/** Ends a turn once the last step called the tool `name`. */
export function hasToolCall(name: string): StopCondition {
  return ({ steps }) => steps.at(-1)?.calls.some((call) => call.toolName === name) === true
}

/** Ends a turn whose last two steps made the same calls and got the same results. */
export function noProgress(): StopCondition {
  return ({ steps }) => {
    const [before, last] = steps.slice(-2)
    // A step without calls is no work to compare: the provider paused.
    if (!before || !last || last.calls.length === 0) return false
    return sameWork(before, last)
  }
}

function sameWork(a: StepView, b: StepView): boolean {
  return JSON.stringify(a.calls.map(work)) === JSON.stringify(b.calls.map(work))
}

function work(call: StepView['calls'][number]): readonly unknown[] {
  return [call.toolName, call.input, call.state, call.output, call.errorText]
}
