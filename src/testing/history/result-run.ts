import type { Place } from './place.ts'

/**
 * Pairs calls with results where each result is a message of its own, in one run directly behind the message
 * with the calls. Any order within the run is accepted by every server that works so.
 */
export class ResultRun {
  readonly #open = new Map<string, Place>()
  readonly #answered = new Set<string>()

  /** A call that has to be answered before anything else is said. */
  expect(id: string, call: Place): void {
    if (this.#open.has(id))
      call.refuse('call-id-used', `Two calls of this message have the id "${id}".`)
    this.#open.set(id, call)
  }

  answer(id: string, result: Place): void {
    if (this.#open.delete(id)) this.#answered.add(id)
    else if (this.#answered.has(id))
      result.refuse('result-twice', `The call "${id}" has its result already.`)
    else
      result.refuse(
        'result-orphan',
        `No call directly before this run of results has the id "${id}".`,
      )
  }

  /** Something else is said, or nothing more: what is still open has no result. */
  end(): void {
    for (const [id, call] of this.#open)
      call.refuse('result-missing', `The call "${id}" has no result directly behind its message.`)
    this.#open.clear()
    this.#answered.clear()
  }
}
