import type { Issue } from './readable-errors.ts'

/** What is known of a value before an interpreter is let loose on it. */
export interface ValueSurvey {
  /** Why it is not a JSON value of bearable size; nothing else counts then. */
  readonly issue?: Issue
  /** Values of every kind, counted together. */
  readonly nodes: number
  /** The names of all members, wherever they are. */
  readonly keys: ReadonlySet<string>
  /** The work of comparing the items of every array with each other, in comparisons of plain values. */
  readonly comparisons: number
  /** Some member is `undefined`, which JSON leaves out. */
  readonly hasUndefined: boolean
}

const maxDepth = 128
const maxNodes = 100_000

interface Place {
  readonly value: unknown
  readonly key: string | number
  readonly parent: Place | undefined
  readonly depth: number
}

/** Walks `value` without recursion, so that neither depth nor a cycle can break it. */
export function surveyValue(value: unknown): ValueSurvey {
  const keys = new Set<string>()
  const open: Place[] = [{ value, key: '', parent: undefined, depth: 0 }]
  let [nodes, comparisons, hasUndefined] = [1, 0, false]
  let issue: Issue | undefined
  for (let place = open.pop(); place && !issue; place = open.pop()) {
    nodes += sizeOf(place.value)
    const problem = nodes > maxNodes ? `it has more than ${maxNodes} values` : problemOf(place)
    if (problem) issue = { path: pathOf(place), message: `Cannot be checked: ${problem}.` }
    else if (Array.isArray(place.value)) comparisons += comparisonsOf(place.value)
    for (const child of problem ? [] : children(place)) {
      if (typeof child.key === 'string') keys.add(child.key)
      if (child.value === undefined && typeof child.key === 'string') hasUndefined = true
      else open.push(child)
    }
  }
  return { nodes, keys, comparisons, hasUndefined, ...(issue && { issue }) }
}

function problemOf({ value, depth }: Place): string | undefined {
  if (depth > maxDepth) return `it is nested deeper than ${maxDepth} levels`
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value} is not JSON`
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number' || Array.isArray(value)) return undefined
  const kind = Object.prototype.toString.call(value).slice(8, -1)
  // By tag, because a plain object of another frame has another prototype.
  return kind === 'Object' ? undefined : `${kind} is not JSON`
}

function children(parent: Place): Place[] {
  const { value, depth } = parent
  if (Array.isArray(value))
    return Array.from(value, (item: unknown, key) => ({
      value: item,
      key,
      parent,
      depth: depth + 1,
    }))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).map(([key, member]: [string, unknown]) => ({
    value: member,
    key,
    parent,
    depth: depth + 1,
  }))
}

/** The number of values directly in it. */
function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0
}

/** Two objects take far longer to compare than two numbers. */
function comparisonsOf(items: readonly unknown[]): number {
  const objects = items.some((item) => typeof item === 'object' && item !== null)
  return items.length ** 2 * (objects ? 30 : 1)
}

function pathOf({ key, parent }: Place): PropertyKey[] {
  return parent ? [...pathOf(parent), key] : []
}
