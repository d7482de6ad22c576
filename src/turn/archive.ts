import type { Message } from '../protocol/index.ts'

interface Learned<T> {
  readonly facts: T
  /** How many messages `facts` speak of, and the last of them. */
  count: number
  last: Message | undefined
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
    const known = conversations.get(first)
    const learned =
      known && goesOn(archive, known) ? known : { facts: start(), count: 0, last: first }
    for (; learned.count < archive.length; learned.count++) {
      learned.last = archive[learned.count]
      if (learned.last) take(learned.facts, learned.last)
    }
    conversations.set(first, learned)
    return learned.facts
  }
}

function goesOn(archive: readonly Message[], { count, last }: Learned<unknown>): boolean {
  return count <= archive.length && archive[count - 1] === last
}

/** `make`, whose result is kept as long as both of the values are. */
export function oncePerPair<A extends object, B extends object, T>(
  make: (a: A, b: B) => T,
): (a: A, b: B) => T {
  const made = new WeakMap<A, WeakMap<B, { readonly result: T }>>()
  return (a, b) => {
    const ofA = made.get(a) ?? new WeakMap<B, { readonly result: T }>()
    made.set(a, ofA)
    const entry = ofA.get(b) ?? { result: make(a, b) }
    ofA.set(b, entry)
    return entry.result
  }
}
