import { protocolError } from './_model-error.ts'

/** Several times the longest answers that models give. */
const maxAnswerChars = 64 * 1024 * 1024

/** Counts what is said and kept of one answer, so that a stream without end ends in an error. */
export class AnswerSize {
  #chars = 0

  add(chars: number): void {
    this.#chars += chars
    if (this.#chars > maxAnswerChars)
      throw protocolError(`The answer is longer than ${maxAnswerChars} characters.`)
  }
}
