/** A queue that one reader drains with `for await`, and that any writer fills, ends or breaks. */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  #wake: (() => void) | undefined
  #ended = false
  #failure: { readonly error: unknown } | undefined

  /** Items that nobody has read yet. */
  get size(): number {
    return this.#items.length
  }

  /** Whether nothing more can be added. */
  get isEnded(): boolean {
    return this.#ended
  }

  /** Adds `item`; after the end it is dropped, since nobody will read it. */
  push(item: T): void {
    if (this.#ended) return
    this.#items.push(item)
    this.#wake?.()
  }

  /** Lets the reader finish once it has read what is queued. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  /** Lets the reader fail with `error` once it has read what is queued; after the end, it changes nothing. */
  fail(error: unknown): void {
    if (!this.#ended) this.#failure = { error }
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    while (true) {
      while (this.#items.length > 0) yield this.#items.shift() as T // length was just checked
      if (this.#failure) throw this.#failure.error
      if (this.#ended) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }
}
