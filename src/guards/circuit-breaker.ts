import type { World } from '../base/index.ts'
import type { CallOutcome } from '../protocol/index.ts'
import { type Circuit, type Verdict, admit, closedCircuit, report } from './circuit.ts'
import { type Guard, refusal, refusalFor, seconds, titleOf } from './guard.ts'
import type { CircuitOptions } from './guard-limits.ts'

/** Hears where the circuit of a tool stands now. */
export type CircuitListener = (toolName: string, state: Circuit['state']) => void

/** The circuit of a tool that failed, for operators. */
export interface CircuitHealth {
  readonly state: 'open' | 'half-open'
  /** When another call may try. */
  readonly retryAfterMs: number
}

/** What another node has to know to come to the same circuit. */
export type CircuitNews =
  /** A call ended, which changed something. */
  | { readonly toolName: string; readonly id: string; readonly verdict: Verdict }
  /** A call tries. */
  | { readonly toolName: string; readonly probe: string }
  /** No call may for so long. */
  | { readonly toolName: string; readonly openMs: number }

export interface CircuitEars {
  readonly onChange?: CircuitListener
  readonly onNews?: (news: CircuitNews) => void
}

/** The circuits of all tools of one side. A tool that does not fail takes no memory. */
export class CircuitBreaker {
  readonly #world: World
  readonly #options: Required<CircuitOptions>
  readonly #ears: CircuitEars
  readonly #circuits = new Map<string, Circuit>()

  constructor(world: World, options: Required<CircuitOptions>, ears: CircuitEars = {}) {
    this.#world = world
    this.#options = options
    this.#ears = ears
  }

  /** Refuses calls to a tool that failed too often, but for one that tries after a while. */
  readonly guard: Guard = async ({ tool, callId: id, undo }, next) => {
    // Whether a tool can take back says nothing of whether it works.
    if (undo) return next()
    const { failures, coolDownMs } = this.#options
    const now = this.#world.monotonic()
    const before = this.#get(tool.name)
    const admission = admit(before, id, { now, coolDownMs })
    if ('retryAfterMs' in admission) {
      const wait = seconds(admission.retryAfterMs)
      const refused = refusal(
        'circuit-open',
        `Not run: "${tool.name}" failed ${failures} times in a row and rests. Try again in ${wait}, or go on without it.`,
        `"${titleOf(tool)}" does not work at the moment. It can be tried again in ${wait}.`,
      )
      return refusalFor(admission.retryAfterMs, refused)
    }
    this.#set(tool.name, admission.circuit)
    if (admission.circuit !== before) this.#ears.onNews?.({ toolName: tool.name, probe: id })
    const outcome = await next()
    const verdict = verdictOf(outcome)
    const hasChanged = this.#ended(tool.name, id, verdict)
    if (hasChanged) this.#ears.onNews?.({ toolName: tool.name, id, verdict })
    return outcome
  }

  /** Takes over what another node tells. Both come to the same, as far as it arrives. */
  hear(news: CircuitNews): void {
    const { toolName } = news
    if ('verdict' in news) return void this.#ended(toolName, news.id, news.verdict)
    const now = this.#world.monotonic()
    const { state } = this.#get(toolName)
    if ('probe' in news && state !== 'closed') {
      const until = now + this.#options.coolDownMs
      this.#set(toolName, { state: 'half-open', probe: news.probe, until })
    }
    if ('openMs' in news && state === 'closed')
      this.#set(toolName, { state: 'open', until: now + news.openMs })
  }

  /** What a node that comes new has to hear. */
  news(): readonly CircuitNews[] {
    return Object.entries(this.health()).map(([toolName, { retryAfterMs: openMs }]) => ({
      toolName,
      openMs,
    }))
  }

  /** Whether it made a difference. */
  #ended(toolName: string, id: string, verdict: Verdict): boolean {
    const before = this.#get(toolName)
    const after = report(before, { id, verdict, now: this.#world.monotonic() }, this.#options)
    this.#set(toolName, after)
    return after !== before
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
    const { state } = this.#get(name)
    if (circuit.state === 'closed' && circuit.failures === 0) this.#circuits.delete(name)
    else this.#circuits.set(name, circuit)
    if (circuit.state !== state) this.#ears.onChange?.(name, circuit.state)
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
