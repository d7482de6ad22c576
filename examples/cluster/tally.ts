import type { ServerHappening } from './server-process.ts'

const remembered = 60

/** What both servers say that they did, counted. */
export class Tally {
  readonly calls = new Map<string, number>()
  takeovers = 0
  /** Turns that ended, by server and second, the newest last. */
  readonly #seconds: readonly [number[], number[]] = [[0], [0]]
  readonly #turns: [number, number] = [0, 0]
  /** Which server works at a turn. */
  readonly #open = new Map<string, number>()
  /** Turns whose server was killed, and which nobody took up so far. */
  readonly #left = new Set<string>()

  take(server: 0 | 1, happening: ServerHappening): void {
    if (happening.type === 'call-settled') {
      this.calls.set(happening.state, (this.calls.get(happening.state) ?? 0) + 1)
      return
    }
    const { turnId } = happening
    if (this.#left.delete(turnId)) this.takeovers++
    if (happening.type === 'turn-started') return void this.#open.set(turnId, server)
    this.#open.delete(turnId)
    this.#turns[server]++
    const seconds = this.#seconds[server]
    seconds[seconds.length - 1] = (seconds.at(-1) ?? 0) + 1
  }

  /** Answers how many turns the dead server leaves. */
  died(server: 0 | 1): number {
    const left = [...this.#open].filter(([, at]) => at === server).map(([turnId]) => turnId)
    for (const turnId of left) {
      this.#open.delete(turnId)
      this.#left.add(turnId)
    }
    return left.length
  }

  /** Another second begins. */
  tick(): void {
    for (const seconds of this.#seconds) {
      seconds.push(0)
      if (seconds.length > remembered + 1) seconds.shift()
    }
  }

  turns(server: 0 | 1): number {
    return this.#turns[server]
  }

  /** Turns that ended in each whole second, the newest last. */
  rates(server: 0 | 1): readonly number[] {
    return this.#seconds[server].slice(0, -1)
  }

  /** Turns that were left and not taken up. */
  get waiting(): number {
    return this.#left.size
  }
}
