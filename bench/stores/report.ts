export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** A goal, and whether this run met it. */
export function goal(isMet: boolean, line: string): void {
  print(`  ${isMet ? '✔' : '·'} ${line}`)
}

export function row(cells: readonly string[]): string {
  return cells.map((cell, at) => (at === 0 ? cell.padEnd(30) : cell.padStart(13))).join('')
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], part: number): number {
  const at = Math.min(values.length - 1, Math.floor(values.length * part))
  return values.toSorted((a, b) => a - b)[at] ?? Number.NaN
}

/** `items`, beginning with another one in each round. */
export function rotated<T>(items: readonly T[], round: number): readonly T[] {
  const at = round % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

/** What one contender did in one round. */
export interface Measured {
  readonly perSecond: number
  /** Of each turn. */
  readonly ms: readonly number[]
}
