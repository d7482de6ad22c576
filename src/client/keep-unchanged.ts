import { isObject } from '../base/index.ts'
import type { Message } from '../protocol/index.ts'

/** `next`, or `last` where it says the same down to `depth`: further down what is the same is the same object. */
export function keep<T>(last: T, next: T, depth = 2): T {
  return isSame(last, next, depth) ? last : next
}

/** `next`, or `last` where it says the same; parts that say the same are those of `last`. */
export function keepMessage(last: Message, next: Message): Message {
  if (kept.get(next) !== last)
    kept.set(next, keep(last, { ...next, parts: keepList(last.parts, next.parts, keep) }))
  return kept.get(next) ?? next
}

// A long turn shows its messages at every frame, and what was compared once need not be again.
const kept = new WeakMap<Message, Message>()

/** `next` with what `keepItem` takes over from the items of `last` in the same places; `last` where that is all. */
export function keepList<T>(
  last: readonly T[],
  next: readonly T[],
  keepItem: (last: T, next: T) => T,
): readonly T[] {
  const items = next.map((item, at) => {
    const before = last[at]
    return before === undefined || before === item ? item : keepItem(before, item)
  })
  return keepWhole(last, items)
}

/** `last` where `next` has the same items. */
export function keepWhole<T>(last: readonly T[], next: readonly T[]): readonly T[] {
  if (last.length !== next.length) return next
  // What changes is mostly at the end.
  for (let at = next.length; at--;) if (last[at] !== next[at]) return next
  return last
}

function isSame(a: unknown, b: unknown, depth: number): boolean {
  if (a === b) return true
  if (depth === 0 || !isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => key in b && isSame(a[key], b[key], depth - 1))
  )
}
