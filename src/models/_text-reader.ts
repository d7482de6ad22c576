/** A parser of text that is still coming: it yields where it needs more than is there. */
export type Reading<T> = Generator<undefined, T, undefined>

/**
 * How a run of text ended: `whole` with an answer that the model finished, `cut` with one that it did not,
 * `interrupted` by something in the answer that is no text.
 */
export type TextEnding = 'whole' | 'cut' | 'interrupted'

/** White space between marks; nobody writes more, and a longer one would be held back for nothing. */
const maxGapChars = 256

/**
 * The text that may be a call, read from its first mark on. What was read stays, so that one can go back.
 * Going forward copies each character a bounded number of times, however small the pieces in which it comes.
 */
export class TextReader {
  /** Set once no more text comes. */
  ending: TextEnding | undefined
  /** Read parts of pieces that came before the present one. */
  #read: string[] = []
  #readChars = 0
  /** What is unread of the pieces that came, behind what is read of the last one. */
  #text = ''
  #at = 0

  /** Characters that came. */
  get length(): number {
    return this.#readChars + this.#text.length
  }

  /** Characters that were read. */
  get position(): number {
    return this.#readChars + this.#at
  }

  /** What came and is not read. */
  get rest(): string {
    return this.#text.slice(this.#at)
  }

  push(piece: string): void {
    this.#read.push(this.#text.slice(0, this.#at))
    this.#readChars += this.#at
    this.#text = this.#text.slice(this.#at) + piece
    this.#at = 0
  }

  /** Goes back to where {@link position} was. */
  back(position: number): void {
    if (this.#readChars > 0) this.#text = this.#read.join('') + this.#text
    this.#read = []
    this.#readChars = 0
    this.#at = position
  }

  /** What was read since {@link position} was there. */
  since(position: number): string {
    return (this.#read.join('') + this.#text.slice(0, this.#at)).slice(position)
  }

  /** Reads `count` characters, which have to be there. */
  take(count: number): string {
    const from = this.#at
    this.#at += count
    return this.#text.slice(from, this.#at)
  }

  /** Waits for `count` unread characters; false where the text ends before. */
  *has(count = 1): Reading<boolean> {
    while (this.#text.length - this.#at < count && !this.ending) yield
    return this.#text.length - this.#at >= count
  }

  /** The next character; empty at the end. */
  *peek(): Reading<string> {
    return (yield* this.has()) ? this.#text.charAt(this.#at) : ''
  }

  /** Whether `mark` comes next, `skip` characters ahead; waits no longer than until it cannot. */
  *follows(mark: string, skip = 0): Reading<boolean> {
    for (let at = 0; at < mark.length; at++)
      if (!(yield* this.has(skip + at + 1)) || this.#text[this.#at + skip + at] !== mark[at])
        return false
    return true
  }

  /** Reads the first of `marks` that comes next; empty where none does. */
  *mark(...marks: readonly string[]): Reading<string> {
    for (const mark of marks) if (yield* this.follows(mark)) return this.take(mark.length)
    return ''
  }

  /** Reads white space and the mark behind it, or neither. */
  *markAfterSpace(...marks: readonly string[]): Reading<string> {
    let skip = 0
    while (
      skip < maxGapChars &&
      (yield* this.has(skip + 1)) &&
      isSpace(this.#text[this.#at + skip])
    )
      skip++
    for (const mark of marks)
      if (yield* this.follows(mark, skip)) return this.take(skip + mark.length).slice(skip)
    return ''
  }

  *space(): Reading<void> {
    yield* this.run(/\s/)
  }

  /** Reads on while characters fit `pattern`, up to `max` of them. */
  *run(pattern: RegExp, max: number = Infinity): Reading<string> {
    let found = ''
    while (found.length < max && pattern.test(yield* this.peek())) found += this.take(1)
    return found
  }

  /** Reads up to the first of `stops`, each of which begins with `<` or a line feed; `stop` is empty at the end. */
  *until(stops: readonly string[]): Reading<{ readonly text: string; readonly stop: string }> {
    let text = ''
    while (yield* this.has()) {
      const next = this.rest.search(/[<\n]/)
      text += this.take(next < 0 ? this.rest.length : next)
      if (next < 0) continue
      for (const stop of stops) if (yield* this.follows(stop)) return { text, stop }
      text += this.take(1)
    }
    return { text, stop: '' }
  }
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && /\s/.test(char)
}
