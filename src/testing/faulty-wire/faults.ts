import { seededRandom } from '../seeded-random.ts'

/** Chances from 0 to 1, and how long frames take. */
export interface FaultRates {
  readonly drop: number
  readonly duplicate: number
  readonly reorder: number
  readonly cut: number
  readonly minMs: number
  readonly maxMs: number
}

/** How often what was done. */
export interface FaultCounts {
  /** Links that were opened. */
  readonly links: number
  /** Frames that were handed to the wire. */
  readonly frames: number
  readonly dropped: number
  readonly delayed: number
  readonly duplicated: number
  /** Frames that were set free of their order, whether or not another came by. */
  readonly reordered: number
  /** Links that broke by chance. */
  readonly cut: number
}

/** What becomes of one frame. */
export type Fate =
  | { readonly type: 'dropped' }
  | { readonly type: 'cut' }
  /** Each delay is one arrival. */
  | { readonly type: 'carried'; readonly delaysMs: readonly number[]; readonly isFree: boolean }

/** A hello opens its link: there is no link on which it comes late, twice or not at all. */
const atOnce: Fate = { type: 'carried', delaysMs: [0], isFree: false }

/** A frame that comes again, or is overtaken, is so much later at most, in milliseconds. */
const laterMs = 200

/** Draws what goes wrong, and counts it. */
export class Faults {
  readonly #seed: number
  readonly #counts = {
    links: 0,
    frames: 0,
    dropped: 0,
    delayed: 0,
    duplicated: 0,
    reordered: 0,
    cut: 0,
  }
  #rates: FaultRates

  constructor(seed: number, rates: FaultRates) {
    this.#seed = seed
    this.#rates = rates
  }

  get counts(): FaultCounts {
    return { ...this.#counts }
  }

  stop(): void {
    this.#rates = { drop: 0, duplicate: 0, reorder: 0, cut: 0, minMs: 0, maxMs: 0 }
  }

  /**
   * Chance for the two ways of a new link. Each way has its own, so that what is drawn for one frame does not
   * hang on when the other end speaks.
   */
  openLink(): { readonly up: () => number; readonly down: () => number } {
    const link = ++this.#counts.links
    const random = seededRandom(this.#seed * 1_000_003 + link)
    return { up: seededRandom(random() * 2 ** 32), down: seededRandom(random() * 2 ** 32) }
  }

  fateOf(frame: object, random: () => number): Fate {
    this.#counts.frames++
    // Always the same number of draws, so that one chance more does not change the others.
    const [cut, drop, duplicate, reorder] = [random(), random(), random(), random()]
    const [delay, second, behind] = [random(), random(), random()]
    const rates = this.#rates
    if (cut < rates.cut) return this.#counted('cut', { type: 'cut' })
    if ('k' in frame && frame.k === 'hello') return atOnce
    if (drop < rates.drop) return this.#counted('dropped', { type: 'dropped' })
    const isFree = reorder < rates.reorder
    const isTwice = duplicate < rates.duplicate
    const delayMs =
      rates.minMs + delay * (rates.maxMs - rates.minMs) + (isFree ? behind * laterMs : 0)
    if (delayMs > 0) this.#counts.delayed++
    if (isFree) this.#counts.reordered++
    if (isTwice) this.#counts.duplicated++
    const delaysMs = isTwice ? [delayMs, delayMs + second * laterMs] : [delayMs]
    return { type: 'carried', delaysMs, isFree }
  }

  #counted(what: 'cut' | 'dropped', fate: Fate): Fate {
    this.#counts[what]++
    return fate
  }
}
