/** Who can be crashed at each of its steps: a tab, or a node. */
export type Actor = 'tab' | 'node'

/** One step of a run, and on which side of it its actor dies: before it is done, or before it is answered. */
export interface CrashPoint {
  readonly actor: Actor
  readonly step: number
  readonly when: 'before' | 'after'
}

/** Counts the steps that actors take outside of themselves, and crashes one of them at a given step. */
export class Crash {
  readonly steps: Record<Actor, number> = { tab: 0, node: 0 }
  readonly #point: CrashPoint | undefined
  #isDone = false

  constructor(point: CrashPoint | undefined) {
    this.#point = point
  }

  before(actor: Actor, die: () => void): void {
    if (this.#isDone) return
    this.steps[actor]++
    this.#reached(actor, 'before', die)
  }

  after(actor: Actor, die: () => void): void {
    this.#reached(actor, 'after', die)
  }

  /** From now on nobody crashes. */
  end(): void {
    this.#isDone = true
  }

  #reached(actor: Actor, when: 'before' | 'after', die: () => void): void {
    const point = this.#point
    if (this.#isDone || point?.actor !== actor || point.when !== when) return
    if (this.steps[actor] < point.step) return
    this.#isDone = true
    die()
  }
}
