/**
 * Keys by which calls wait for each other. A server that has no page to look at computes them of the input alone, so
 * they have to be right for whatever the page is: an element has one of a few lanes, which an id and a handle of the
 * element both tell, and whatever concerns more than one element, or one that only the page knows, takes all of them.
 */
const count = 32

const all: readonly string[] = Array.from({ length: count }, (_, lane) => key(lane))

function key(lane: number): string {
  return `page:${lane}`
}

/** Of an element with this name: its `id`, or anything that stays the same. */
export function laneOf(name: string): number {
  let hash = 0x81_1c_9d_c5
  for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01_00_01_93)
  return (hash >>> 0) % count
}

/** What it changes, as far as it concerns who else is changed. */
interface Edit {
  readonly target: string
  readonly html?: string
  readonly attributes?: Readonly<Record<string, unknown>>
}

/** The keys of calls that change nothing but these elements. */
export function elementKeys(edits: readonly Edit[]): readonly string[] {
  const keys = new Set(edits.flatMap((edit) => keysOf(edit)))
  return keys.size === 0 ? all : [...keys]
}

/** The keys of a call that adds or removes elements. */
export function structureKeys(): readonly string[] {
  return all
}

function keysOf({ target, html, attributes = {} }: Edit): readonly string[] {
  const isOther = Object.keys(attributes).some((name) => name.toLowerCase() === 'id')
  if (html !== undefined || isOther) return all
  const [, lane] = /^@(\d+)\./.exec(target) ?? []
  if (lane !== undefined && Number(lane) < count) return [key(Number(lane))]
  const [, id] = /^\s*#([A-Za-z][\w-]*)\s*$/.exec(target) ?? []
  return id === undefined ? all : [key(laneOf(id))]
}
