import type { CircuitOptions } from './guard-limits.ts'

/** Where the circuit of a tool stands; each state holds only what it knows. Times are the monotonic clock's. */
export type Circuit =
  | { readonly state: 'closed'; readonly failures: number }
  | { readonly state: 'open'; readonly until: number }
  /** One call tries, and no other does until then: a call that is never heard of again must not close it for ever. */
  | { readonly state: 'half-open'; readonly probe: string; readonly until: number }

/** What a call says of its tool: `none` where the tool was not to blame, or was not reached. */
export type Verdict = 'alive' | 'failed' | 'none'

export const closedCircuit: Circuit = { state: 'closed', failures: 0 }

/** Whether call `id` may run: the circuit afterwards, or how long it stays open. */
export function admit(
  circuit: Circuit,
  id: string,
  { now, coolDownMs }: { readonly now: number; readonly coolDownMs: number },
): { readonly circuit: Circuit } | { readonly retryAfterMs: number } {
  // An attempt at the same call is the same probe.
  const isProbe = circuit.state === 'half-open' && circuit.probe === id
  if (circuit.state === 'closed' || isProbe) return { circuit }
  if (now < circuit.until) return { retryAfterMs: circuit.until - now }
  return { circuit: { state: 'half-open', probe: id, until: now + coolDownMs } }
}

/** The circuit after call `id` ended. What began before the circuit opened changes nothing any more. */
export function report(
  circuit: Circuit,
  call: { readonly id: string; readonly verdict: Verdict; readonly now: number },
  { failures, coolDownMs }: Required<CircuitOptions>,
): Circuit {
  const { id, verdict, now } = call
  if (circuit.state === 'open' || verdict === 'none')
    // A probe that says nothing leaves its place to the next call.
    return circuit.state === 'half-open' && circuit.probe === id
      ? { state: 'open', until: now }
      : circuit
  if (circuit.state === 'half-open' && circuit.probe !== id) return circuit
  if (verdict === 'alive') return closedCircuit
  const count = circuit.state === 'closed' ? circuit.failures + 1 : failures
  return count < failures
    ? { state: 'closed', failures: count }
    : { state: 'open', until: now + coolDownMs }
}
