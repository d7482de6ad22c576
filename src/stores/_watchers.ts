/** Who waits for news of which conversation, in this process. */
export class Watchers {
  readonly #listeners = new Map<string, Set<() => void>>()

  /** The conversations that somebody watches. */
  get ids(): readonly string[] {
    return [...this.#listeners.keys()]
  }

  add(conversationId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(conversationId) ?? new Set()
    this.#listeners.set(conversationId, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      // Others may watch again meanwhile.
      if (listeners.size === 0 && this.#listeners.get(conversationId) === listeners)
        this.#listeners.delete(conversationId)
    }
  }

  tell(conversationId: string): void {
    for (const listener of this.#listeners.get(conversationId) ?? []) listener()
  }
}
