import type { World } from '../base/index.ts'
import { Conversation, type EngineOptions, Runner } from '../engine/index.ts'
import type { Store } from '../ports/index.ts'

interface Entry {
  readonly conversation: Conversation
  readonly runner: Runner
  /** Who needs the conversation here; with nobody left and nothing to do it is dropped. */
  users: number
}

/** The conversations that this node has in hand. Dropping one loses nothing: the store has it. */
export class Hub {
  readonly #options: EngineOptions
  readonly #entries = new Map<string, Promise<Entry>>()

  constructor(options: EngineOptions) {
    this.#options = options
  }

  get store(): Store {
    return this.#options.store
  }

  get world(): World {
    return this.#options.world
  }

  get size(): number {
    return this.#entries.size
  }

  /** Runs `work` with the conversation, which stays in hand meanwhile. */
  async use<T>(conversationId: string, work: (conversation: Conversation) => Promise<T>): Promise<T> {
    const entry = await this.#enter(conversationId)
    try {
      return await work(entry.conversation)
    } finally {
      entry.users--
      this.#dropIfIdle(conversationId, entry)
    }
  }

  async close(): Promise<void> {
    for (const opening of this.#entries.values()) {
      const { runner, conversation } = await opening
      runner.close()
      conversation.close()
    }
    this.#entries.clear()
  }

  async #enter(conversationId: string): Promise<Entry> {
    const opening = this.#entries.get(conversationId) ?? this.#open(conversationId)
    this.#entries.set(conversationId, opening)
    try {
      const entry = await opening
      entry.users++
      return entry
    } catch (error) {
      this.#entries.delete(conversationId)
      throw error
    }
  }

  async #open(conversationId: string): Promise<Entry> {
    const conversation = new Conversation(conversationId, this.store, this.world)
    await conversation.refresh()
    const entry = { conversation, runner: new Runner(conversation, this.#options), users: 0 }
    conversation.onCommit(() => this.#dropIfIdle(conversationId, entry))
    return entry
  }

  #dropIfIdle(conversationId: string, entry: Entry): void {
    if (entry.users > 0 || entry.runner.isBusy || !this.#entries.delete(conversationId)) return
    entry.runner.close()
    entry.conversation.close()
  }
}
