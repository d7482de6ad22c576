import type { Chance } from './chance.ts'

/** What can go wrong, and how often it does at each occasion where it may. */
export const faultKinds = {
  storeFails: 0.02,
  answerLost: 0.05,
  hintLost: 0.3,
  storeSlow: 0.05,
  frameDelayed: 0.2,
  frameRepeated: 0.05,
  streamDead: 0.02,
  upDead: 0.02,
  cut: 0.01,
  tabKilled: 0.006,
  tabClosed: 0.01,
  tabDuplicated: 0.01,
  tabReloaded: 0.02,
  tabFrozen: 0.02,
  journalSlow: 0.1,
  nodeKilled: 0.01,
  nodePaused: 0.01,
  cancelled: 0.03,
  stopped: 0.01,
  readerStalls: 0.01,
  strangerMeddles: 0.02,
} as const

export type FaultKind = keyof typeof faultKinds

/** Each kind of fault is on or off for a whole run, so that some runs are full of one and free of others. */
export class Faults {
  readonly #chance: Chance
  /** The kinds that can happen in this run. */
  readonly kinds: readonly FaultKind[]
  #isOver = false
  /** How often each kind came. */
  readonly counts: Map<FaultKind, number> = new Map()

  constructor(chance: Chance, without: ReadonlySet<FaultKind> = new Set()) {
    this.#chance = chance
    const kinds = Object.keys(faultKinds) as FaultKind[]
    // Chance is asked for each kind, so that a run without one of them is otherwise the same.
    this.kinds = kinds.filter((kind) => chance.happens(0.5) && !without.has(kind))
  }

  happens(kind: FaultKind): boolean {
    const does =
      this.#chance.happens(faultKinds[kind]) && !this.#isOver && this.kinds.includes(kind)
    if (does) this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    return does
  }

  /** From now on nothing goes wrong any more. */
  end(): void {
    this.#isOver = true
  }
}
