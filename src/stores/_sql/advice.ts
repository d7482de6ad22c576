import { ToolwireError, isObject } from '../../base/index.ts'

/** What is wrong, for a sentence that begins with the name of the store, and what to do about it. */
export type Advice = readonly [problem: string, hint: string]

/** The error of a driver as the host is told of it. Whatever failed was undone as a whole. */
export function storeFailed(store: string, [problem, hint]: Advice, cause: unknown): ToolwireError {
  return new ToolwireError('STORE_FAILED', `${store} ${problem}.`, { hint, cause })
}

/** A field of an error of somebody else, where it is a text. */
export function textOf(error: unknown, field: 'code' | 'message'): string {
  const value = isObject(error) ? error[field] : undefined
  return typeof value === 'string' ? value : ''
}
