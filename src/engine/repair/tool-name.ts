/** Names that servers and models put before a name, or behind it. */
const prefix = /^(?:functions?|tools?|default_api)[.:/]/i
/** A control token of gpt-oss (`search<|channel|>commentary`), Kimi's counter (`search:0`), or the word itself. */
const suffixes = [/<\|.*$/s, /:\d+$/, /(?:[-_]tool|Tool)$/]
/** Longer than any name may be. */
const maxLength = 256

/**
 * The one of `names` that `name` means: without what is put before or behind names, or with other case and
 * separators. `undefined` where none or more than one could be meant.
 */
export function meantName(name: string, names: readonly string[]): string | undefined {
  if (names.includes(name)) return name
  if (name.length > maxLength) return undefined
  const bare = name.replace(prefix, '')
  // With a suffix that could be a part of the name, the name without it counts only where nothing else fits.
  const shorter = suffixes.flatMap((suffix) => [name, bare].map((one) => one.replace(suffix, '')))
  const whole = new Set([...alike(name, names), ...alike(bare, names)])
  const meant = whole.size > 0 ? whole : new Set(shorter.flatMap((one) => alike(one, names)))
  return meant.size === 1 ? [...meant][0] : undefined
}

/** Up to three of `names` that are most like `name`, the likest first. */
export function nearestNames(name: string, names: readonly string[]): readonly string[] {
  const wanted = plain(name.slice(0, maxLength))
  const near: { readonly candidate: string; readonly off: number }[] = []
  for (const candidate of names) {
    const given = plain(candidate)
    const most = Math.max(2, given.length / 3)
    const off = Math.abs(given.length - wanted.length) > most ? Infinity : distance(wanted, given)
    if (off <= most) near.push({ candidate, off })
  }
  return near
    .toSorted((a, b) => a.off - b.off)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** The name itself where it is there; else all that differ from it in case and separators only. */
function alike(name: string, names: readonly string[]): readonly string[] {
  if (names.includes(name)) return [name]
  const wanted = plain(name)
  return wanted === '' ? [] : names.filter((candidate) => plain(candidate) === wanted)
}

/** Letters and digits only, in lower case. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** How many characters to add, take out or change to make `b` of `a` (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++)
      next.push(
        Math.min(
          (next[j] ?? 0) + 1,
          (row[j + 1] ?? 0) + 1,
          (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1),
        ),
      )
    row = next
  }
  return row.at(-1) ?? 0
}
