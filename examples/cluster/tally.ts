import type { ToolPart } from 'toolwire'
import type { ServerHappening } from './server-process.ts'

const remembered = 60

/** What servers say that they do, and clients that they saw. What a killed server said last may be lost. */
export class Tally {
  /** Turns that clients saw end. */
  turns = 0
  /** Calls of these turns, by state. */
  readonly calls: Record<string, number> = {}
  /** Turns that another process went on with, after that which worked at them was killed. */
  takeovers = 0
  /** Turns that ended, by server and second, the newest last. */
  readonly #seconds: readonly [number[], number[]] = [[0], [0]]
  readonly #turns: [number, number] = [0, 0]
  /** By conversation: the turn under way, and which server works at it. */
  readonly #open = new Map<string, { readonly turnId: string; readonly server: number }>()
  /** Conversations with a turn whose server was killed, and which nobody took up so far. */
  readonly #left = new Set<string>()

  happened(server: 0 | 1, { type, conversationId, turnId }: ServerHappening): void {
    if (this.#left.delete(conversationId)) this.takeovers++
    if (type === 'turn-started') return void this.#open.set(conversationId, { turnId, server })
    if (this.#open.get(conversationId)?.turnId === turnId) this.#open.delete(conversationId)
    this.#turns[server]++
    const seconds = this.#seconds[server]
    seconds[seconds.length - 1] = (seconds.at(-1) ?? 0) + 1
  }

  /** A client saw a turn end, with these calls. */
  ended(conversationId: string, calls: readonly ToolPart[]): void {
    this.turns++
    for (const { state } of calls) this.calls[state] = (this.calls[state] ?? 0) + 1
    this.#left.delete(conversationId)
  }

  /** Answers how many turns the dead server leaves. */
  died(server: 0 | 1): number {
    const left = [...this.#open].filter(([, turn]) => turn.server === server)
    for (const [conversationId] of left) {
      this.#open.delete(conversationId)
      this.#left.add(conversationId)
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

  turnsOf(server: 0 | 1): number {
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
