const longestPeriod = 4

/**
 * The period (1 to 4) of the cycle at the end of `signatures` that has come round more than `limit` times,
 * or 0. A, A, A is a cycle of period 1; A, B, A, B one of period 2.
 */
export function repeatedPeriod(signatures: readonly string[], limit: number): number {
  for (let period = 1; period <= longestPeriod; period++)
    if (endsInCycle(signatures, period, limit + 1)) return period
  return 0
}

function endsInCycle(signatures: readonly string[], period: number, rounds: number): boolean {
  const start = signatures.length - period * rounds
  if (start < 0) return false
  for (let i = start + period; i < signatures.length; i++)
    if (signatures[i] !== signatures[i - period]) return false
  return true
}
