import { createPartialJsonParser } from '../base/index.ts'
import type { ServerFrame } from '../protocol/index.ts'

interface Input {
  readonly parser: ReturnType<typeof createPartialJsonParser>
  length: number
}

/**
 * The inputs that a model is writing, as far as they can be read. Each parser is fed only what is new, and
 * builds a value only when somebody looks, so a long input costs no more than its length.
 */
export class DraftInputs {
  #messageId = ''
  readonly #inputs = new Map<number, Input>()

  take(frame: ServerFrame): void {
    if (frame.k !== 'd') return
    if (frame.m !== this.#messageId) this.#inputs.clear()
    this.#messageId = frame.m
    if (frame.h?.type === 'tool' && !this.#inputs.has(frame.p))
      this.#inputs.set(frame.p, { parser: createPartialJsonParser(), length: 0 })
    const input = this.#inputs.get(frame.p)
    if (!input || frame.o > input.length) return
    const fresh = frame.x.slice(input.length - frame.o)
    input.parser.push(fresh)
    input.length += fresh.length
  }

  /** The partial value of part `p`, or `undefined` where nothing of it can be read yet. */
  value(p: number): unknown {
    return this.#inputs.get(p)?.parser.value
  }
}
