import {
  type Circuit,
  type Verdict,
  admit,
  closedCircuit,
  report,
} from '../../src/guards/circuit.ts'

const options = { failures: 3, coolDownMs: 100 }

/** A circuit with the calls that it let through; whatever breaks the plain rules is a fault. */
export class WatchedCircuit {
  readonly faults: string[] = []
  now = 0
  #circuit: Circuit = closedCircuit
  #failedInARow = 0
  #calls = 0
  readonly #running: string[] = []

  /** Another call wants to run. */
  ask(): void {
    const before = this.#circuit
    const id = String(this.#calls++)
    const answer = admit(before, id, { now: this.now, ...options })
    const isRefused = 'retryAfterMs' in answer
    const isResting = before.state !== 'closed' && this.now < before.until
    this.#hold(isRefused === isResting, 'who is refused')
    if (isRefused) return this.#hold(answer.retryAfterMs > 0, 'how long to wait')
    if (before.state !== 'closed')
      this.#hold(answer.circuit.state === 'half-open', 'one call tries')
    this.#circuit = answer.circuit
    this.#running.push(id)
  }

  /** One of the running calls ends. */
  end(which: number, verdict: Verdict): void {
    const [id] = this.#running.splice(which % this.#running.length, 1)
    if (id === undefined) return this.ask()
    const before = this.#circuit
    const after = report(before, { id, verdict, now: this.now }, options)
    this.#circuit = after
    if (before.state === 'closed') return this.#count(verdict)
    this.#failedInARow = 0
    const isProbe = before.state === 'half-open' && before.probe === id
    this.#hold(isProbe || after === before, 'only the probe decides')
    if (isProbe) this.#hold(after.state === (verdict === 'alive' ? 'closed' : 'open'), 'how')
  }

  #count(verdict: Verdict): void {
    if (verdict === 'alive') this.#failedInARow = 0
    if (verdict === 'failed') this.#failedInARow++
    const state = this.#failedInARow < options.failures ? 'closed' : 'open'
    this.#hold(this.#circuit.state === state, 'failures in a row')
  }

  #hold(isTrue: boolean, rule: string): void {
    if (!isTrue) this.faults.push(`${rule}, at ${this.now}: ${JSON.stringify(this.#circuit)}`)
  }
}
