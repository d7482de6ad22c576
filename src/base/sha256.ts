/**
 * SHA-256 (FIPS 180-4) of `text` in UTF-8, as lower-case hexadecimal.
 *
 * Our own, because WebCrypto is asynchronous, which would make every definition of a tool so, and absent
 * in insecure contexts (a page on a LAN address). It serves to tell contents apart, not to keep secrets.
 */
export function sha256(text: string): string {
  const state = Int32Array.from(initial)
  const bytes = pad(new TextEncoder().encode(text))
  for (let offset = 0; offset < bytes.byteLength; offset += 64) {
    compress(state, new DataView(bytes.buffer, offset, 64))
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

// The constants are the first 32 bits of the fractions of square and cube roots of the first primes:
// computed rather than listed, which is shorter, and exact as a double holds 52 bits of them.
const primes: number[] = []
for (let candidate = 2; primes.length < 64; candidate++) {
  if (primes.every((prime) => candidate % prime)) primes.push(candidate)
}
const fraction = (root: number): number => ((root % 1) * 2 ** 32) | 0
const initial = primes.slice(0, 8).map((prime) => fraction(prime ** (1 / 2)))
const rounds = primes.map((prime) => fraction(prime ** (1 / 3)))

/** The message, a one bit, zeros up to a multiple of 64 bytes, and the length in bits. */
function pad(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(((message.length + 72) >> 6) << 6)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, message.length / 2 ** 29)
  view.setUint32(padded.length - 4, message.length << 3)
  return padded
}

const rotate = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits))

function compress(state: Int32Array, block: DataView): void {
  const words = new Int32Array(64)
  // `at` spares a check for undefined at every read: all indexes are in range.
  const at = (list: ArrayLike<number>, index: number): number => list[index] ?? 0
  let [a, b, c, d, e, f, g, h] = state as unknown as Eight
  for (let index = 0; index < 64; index++) {
    if (index < 16) words[index] = block.getInt32(index * 4)
    else {
      const early = at(words, index - 15)
      const late = at(words, index - 2)
      words[index] =
        at(words, index - 16) +
        (rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)) +
        at(words, index - 7) +
        (rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10))
    }
    const mixed =
      h +
      (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
      ((e & f) ^ (~e & g)) +
      at(rounds, index) +
      at(words, index)
    const folded = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + mixed) | 0, c, b, a, (mixed + folded) | 0]
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) {
    state[index] = at(state, index) + word
  }
}

/** A state of eight words, which a typed array's type cannot say. */
type Eight = [number, number, number, number, number, number, number, number]
