/**
 * Where event `seq` stands for a reader that has the first `version` events: only the next one is applied,
 * one that came before is a repeat, and a later one says that something is missing.
 */
export function logPosition(version: number, seq: number): 'next' | 'repeat' | 'gap' {
  if (seq <= version) return 'repeat'
  return seq === version + 1 ? 'next' : 'gap'
}
