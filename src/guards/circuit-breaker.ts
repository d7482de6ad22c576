import type { World } from '../base/index.ts'
import type { CallOutcome } from '../protocol/index.ts'
import { type Circuit, type Verdict, admit, closedCircuit, report } from './circuit.ts'
import { type Guard, refusal, seconds, titleOf } from './guard.ts'
import type { CircuitOptions } from './guard-limits.ts'

/** The circuit of a tool that failed, for operators. */
export interface CircuitHealth {
  readonly state: 'open' | 'half-open'
  /** When another call may try. */
  readonly retryAfterMs: number
}

/** The circuits of all tools of one side. A tool that does not fail takes no memory. */
export class CircuitBreaker {
  readonly #world: World
  readonly #options: Required<CircuitOptions>
  readonly #circuits = new Map<string, Circuit>()

  constructor(world: World, options: Required<CircuitOptions>) {
    this.#world = world
    this.#options = options
  }

  /** Refuses calls to a tool that failed too often, but for one that tries after a while. */
  readonly guard: Guard = async ({ tool, callId: id }, next) => {
    const { failures, coolDownMs } = this.#options
    const now = this.#world.monotonic()
    const admission = admit(this.#get(tool.name), id, { now, coolDownMs })
    if ('retryAfterMs' in admission) {
      const wait = seconds(admission.retryAfterMs)
      return refusal(
        'circuit-open',
        `Not run: "${tool.name}" failed ${failures} times in a row and rests. Try again in ${wait}, or go on without it.`,
        `"${titleOf(tool)}" does not work at the moment. It can be tried again in ${wait}.`,
      )
    }
    this.#set(tool.name, admission.circuit)
    const outcome = await next()
    const ended = { id, verdict: verdictOf(outcome), now: this.#world.monotonic() }
    this.#set(tool.name, report(this.#get(tool.name), ended, this.#options))
    return outcome
  }

  /** The circuits that are not closed, by tool. */
  health(): Readonly<Record<string, CircuitHealth>> {
    const now = this.#world.monotonic()
    const open = [...this.#circuits].flatMap(([name, circuit]) => {
      if (circuit.state === 'closed') return []
      const { state, until } = circuit
      return [[name, { state, retryAfterMs: Math.max(0, until - now) }] as const]
    })
    return Object.fromEntries(open)
  }

  #get(name: string): Circuit {
    return this.#circuits.get(name) ?? closedCircuit
  }

  #set(name: string, circuit: Circuit): void {
    if (circuit.state === 'closed' && circuit.failures === 0) this.#circuits.delete(name)
    else this.#circuits.set(name, circuit)
  }
}

const faults = new Set(['handler-error', 'timed-out', 'invalid-output', 'not-serializable'])
const saysNothing = new Set(['rate-limited', 'guard-failed', 'not-journaled', 'unknown-tool'])

/** A `ToolError` with a code of its own is an answer: the tool works, and says that this cannot be done. */
function verdictOf({ state, errorCode = '' }: CallOutcome): Verdict {
  if (faults.has(errorCode)) return 'failed'
  const isAnswer = state === 'output-available' || state === 'output-error'
  return isAnswer && !saysNothing.has(errorCode) ? 'alive' : 'none'
}
