/** Chance that repeats: the same seed and number give the same stream everywhere. */
export class Random {
  #state: number

  constructor(seed: number, number = 0) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0
    this.below(1)
  }

  /** A whole number from 0 to below `limit` (mulberry32). */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }

  chance(probability: number): boolean {
    return this.below(10_000) < probability * 10_000
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!
  }

  /** `text` in pieces of 1 to `longest` characters. */
  pieces(text: string, longest: number): readonly string[] {
    const pieces: string[] = []
    for (let at = 0; at < text.length;) {
      const end = at + 1 + this.below(longest)
      pieces.push(text.slice(at, end))
      at = end
    }
    return pieces
  }
}
