import type { KnownLog } from '../engine/index.ts'
import { archiveFacts } from '../turn/index.ts'

/** Shorter logs are read again in no time. */
const minEvents = 200
const maxConversations = 100
/** Characters of all messages together. */
const maxChars = 16_000_000

/**
 * What is known of long conversations that nobody needs here at the moment, so that the next turn of one has only to
 * read what came since. Whoever takes it up compares it with the store; without it all is read, to the same end.
 */
export class Shelf {
  readonly #items = new Map<string, Item>()
  #chars = 0

  put(conversationId: string, known: KnownLog | null): void {
    if (!known || known.state.version < minEvents) return
    const { chars } = sizeOf(known.state.messages)
    this.#items.set(conversationId, { known, chars })
    this.#chars += chars
    // A Map keeps the order of insertion, so the first is the one that nobody needed for longest.
    for (const [oldest] of this.#items) {
      if (this.#items.size <= maxConversations && this.#chars <= maxChars) return
      this.take(oldest)
    }
  }

  take(conversationId: string): KnownLog | null {
    const item = this.#items.get(conversationId)
    if (!item) return null
    this.#items.delete(conversationId)
    this.#chars -= item.chars
    return item.known
  }
}

interface Item {
  readonly known: KnownLog
  readonly chars: number
}

const sizeOf = archiveFacts(
  () => ({ chars: 0 }),
  (size, message) => {
    size.chars += JSON.stringify(message).length
  },
)
