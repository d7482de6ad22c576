import type { Message, MessagePart } from '../protocol/index.ts'
import { isObject } from '../base/index.ts'
import { callsOf } from './calls-of.ts'
import type { Snapshot } from './view.ts'

/**
 * `next` with everything that it has in common with `last` taken from there: what shows a part need not look into
 * it to see that it is as it was.
 */
export function keepUnchanged(last: Snapshot | null, next: Snapshot): Snapshot {
  if (!last) return next
  const messages = keepList(last.messages, next.messages, keepMessage)
  const calls = messages === last.messages ? last.calls : keepList(last.calls, callsOf(messages))
  const whole = { ...next, messages, calls }
  return isSame(last, whole, 2) ? last : whole
}

function keepMessage(last: Message, next: Message): Message {
  const parts = keepList(last.parts, next.parts, keepPart)
  const whole = parts === next.parts ? next : { ...next, parts }
  return isSame(last, whole, 2) ? last : whole
}

function keepPart(last: MessagePart, next: MessagePart): MessagePart {
  return isSame(last, next, 2) ? last : next
}

function keepList<T>(
  last: readonly T[],
  next: readonly T[],
  keep: (last: T, next: T) => T = (_, item) => item,
): readonly T[] {
  if (last === next) return last
  const kept = next.map((item, at) => {
    const before = last[at]
    return before === undefined || before === item ? item : keep(before, item)
  })
  return kept.length === last.length && kept.every((item, at) => item === last[at]) ? last : kept
}

/** Compares down to `depth`: further down what is the same is the same object. */
function isSame(a: unknown, b: unknown, depth: number): boolean {
  if (Object.is(a, b)) return true
  if (depth === 0 || !isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => key in b && isSame(a[key], b[key], depth - 1))
  )
}
