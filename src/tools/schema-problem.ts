import { ToolwireError } from '../base/index.ts'

/** What is wrong with a schema at `path` (a JSON Pointer); whoever knows the tool adds its name. */
export function schemaProblem(path: string, problem: string, hint: string): ToolwireError {
  return new ToolwireError('INVALID_SCHEMA', `At "${path || '/'}": ${problem}.`, { hint })
}

/** One segment of a JSON Pointer. */
export function pointerSegment(key: PropertyKey): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
