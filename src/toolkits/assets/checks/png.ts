import { type Anatomy, damaged, latin1, noFindings, viewOf } from './anatomy.ts'

/** Chunks of compressed text or profiles, and the zero byte behind which the compressed part begins. */
const packedChunks: Readonly<Record<string, number>> = { zTXt: 1, iCCP: 1, iTXt: 3 }
const pictureChunks = ['IHDR', 'PLTE', 'IDAT', 'fdAT', 'IEND']

/** Walks the chunks of a PNG; https://www.w3.org/TR/png-3/#5Chunk-layout. */
export function walkPng(bytes: Uint8Array<ArrayBuffer>): Anatomy {
  const view = viewOf(bytes)
  const found = noFindings()
  let at = 8
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at)
    const name = latin1(bytes.subarray(at + 4, at + 8))
    const data = bytes.subarray(at + 8, at + 8 + length)
    if (data.length < length || at + 12 + length > bytes.length) break
    if (at === 8 && (name !== 'IHDR' || length !== 13)) break
    if (name === 'IHDR') {
      found.width = Math.max(found.width, view.getUint32(at + 8))
      found.height = Math.max(found.height, view.getUint32(at + 12))
    }
    if (!pictureChunks.includes(name)) found.asides.push(data)
    const packed = packedChunks[name] && packedPart(data, packedChunks[name])
    if (packed) found.packed.push(packed)
    at += 12 + length
    if (name === 'IEND') return { ...found, end: at }
  }
  throw damaged('PNG', `its chunks break off at byte ${at}`)
}

/** The compressed part, behind the last of the texts that end in a zero byte, and a byte that says how. */
function packedPart(
  data: Uint8Array<ArrayBuffer>,
  zeros: number,
): Uint8Array<ArrayBuffer> | undefined {
  const first = data.indexOf(0)
  if (zeros === 1) return first < 0 ? undefined : data.subarray(first + 2)
  // Of an iTXt, the two bytes behind its keyword say whether and how it is compressed.
  if (first < 0 || data[first + 1] !== 1) return undefined
  const language = data.indexOf(0, first + 3)
  const translated = language < 0 ? -1 : data.indexOf(0, language + 1)
  return translated < 0 ? undefined : data.subarray(translated + 1)
}
