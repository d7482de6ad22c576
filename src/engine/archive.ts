import type { Message } from '../protocol/index.ts'

interface Learned<T> {
  readonly facts: T
  /** How many messages `facts` speak of, and the last of them. */
  count: number
  last?: Message
}

/**
 * Makes what tells facts of the messages of turns that are over. These never change and only grow in number, so each
 * is looked at once in the life of a conversation, which is known by its first message, and not in every turn again.
 * A list that does not go on where the one before ended, as after a loss, is gone through from its start.
 */
export function archiveFacts<T>(
  start: () => T,
  take: (facts: T, message: Message) => void,
): (archive: readonly Message[]) => T {
  const conversations = new WeakMap<Message, Learned<T>>()
  return (archive) => {
    const [first] = archive
    if (!first) return start()
    let learned = conversations.get(first)
    if (!learned || archive[learned.count - 1] !== learned.last) {
      learned = { facts: start(), count: 0 }
      conversations.set(first, learned)
    }
    for (const message of archive.slice(learned.count)) {
      take(learned.facts, message)
      learned.last = message
    }
    learned.count = archive.length
    return learned.facts
  }
}

/** `make`, whose result is kept as long as both of the values are. */
export function oncePerPair<A extends object, B extends object, T extends object>(
  make: (a: A, b: B) => T,
): (a: A, b: B) => T {
  const made = new WeakMap<A, WeakMap<B, T>>()
  return (a, b) => {
    const ofA = made.get(a) ?? new WeakMap<B, T>()
    const result = ofA.get(b) ?? make(a, b)
    made.set(a, ofA.set(b, result))
    return result
  }
}
