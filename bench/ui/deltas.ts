/** How many pieces an answer comes in, and how many of them at a time. */
export const deltas = 10_000
const together = 25
const pauseMs = 5

const piece = (n: number): string => `w${n} `
export const answer = Array.from({ length: deltas }, (_, n) => piece(n)).join('')

/** About five thousand pieces a second: faster than any model, as fast as a network brings what has piled up. */
export async function* pieces(): AsyncGenerator<string> {
  for (let n = 0; n < deltas; n++) {
    yield piece(n)
    if (n % together === 0) await new Promise<void>((resolve) => void setTimeout(resolve, pauseMs))
  }
}
