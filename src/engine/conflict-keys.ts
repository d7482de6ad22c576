import type { AnyTool } from '../tools/index.ts'

/** The keys of a call: two calls that share one never overlap. */
export function conflictKeysOf({ name, concurrency }: AnyTool, input: unknown): readonly string[] {
  if (concurrency === 'serial') return [name]
  return typeof concurrency === 'function' ? [concurrency(input)].flat() : []
}
