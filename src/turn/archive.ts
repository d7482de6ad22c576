import type { Message } from '../protocol/index.ts'

interface Learned<T> {
  readonly facts: T
  /** What `facts` speak of. */
  of: readonly Message[]
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
    if (!learned || !goesOn(learned.of, archive)) learned = { facts: start(), of: [] }
    for (const message of archive.slice(learned.of.length)) take(learned.facts, message)
    learned.of = archive
    conversations.set(first, learned)
    return learned.facts
  }
}

/** Whether `archive` is `before`, or that and more. */
export function goesOn(before: readonly Message[], archive: readonly Message[]): boolean {
  return archive[before.length - 1] === before.at(-1)
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
