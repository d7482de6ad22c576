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

  // No generator, which would make five promises of each item.
  [Symbol.asyncIterator](): AsyncIterator<T, void, undefined> {
    return { next: () => this.#next() }
  }

  async #next(): Promise<IteratorResult<T, void>> {
    while (this.#items.length === 0) {
      if (this.#failure) throw this.#failure.error
      if (this.#ended) return { done: true, value: undefined }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    return { done: false, value: this.#items.shift() as T } // length was just checked
  }
}
