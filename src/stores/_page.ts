import { ToolwireError } from '../base/index.ts'
import type { Page, PageRequest } from '../ports/index.ts'

/** Where a page ends: the sort key of its last item, and what tells items with the same key apart. */
export type Cursor = readonly [key: number, id: string]

const defaultLimit = 50
const maxLimit = 1_000

export function limitOf({ limit = defaultLimit }: PageRequest): number {
  if (!(limit >= 1))
    throw new ToolwireError('INVALID_OPTIONS', `A page of ${limit} items has none.`)
  return Math.min(Math.floor(limit), maxLimit)
}

export function cursorOf({ cursor }: PageRequest): Cursor | null {
  if (cursor === undefined) return null
  try {
    const [key, id]: unknown[] = JSON.parse(cursor)
    if (typeof key === 'number' && typeof id === 'string') return [key, id]
  } catch {}
  throw new ToolwireError('INVALID_OPTIONS', `"${cursor}" is no cursor.`, {
    hint: 'Pass "next" of the page before, as it came.',
  })
}

/** A page of `items`, of which there is one more than fits where there is a next page. */
export function pageOf<T>(
  items: readonly T[],
  limit: number,
  cursor: (last: T) => Cursor,
): Page<T> {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  const isLast = items.length <= limit || last === undefined
  return { items: shown, next: isLast ? null : JSON.stringify(cursor(last)) }
}
