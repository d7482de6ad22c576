import { type Anatomy, damaged, noFindings, viewOf } from './anatomy.ts'

const extension = 0x21
const image = 0x2c
const trailer = 0x3b

/** Walks the blocks of a GIF; https://www.w3.org/Graphics/GIF/spec-gif89a.txt. */
export function walkGif(bytes: Uint8Array<ArrayBuffer>): Anatomy {
  const found = { ...noFindings(), frames: 0 }
  if (bytes.length < 14) throw damaged('GIF', 'it is too short')
  const view = viewOf(bytes)
  found.width = view.getUint16(6, true)
  found.height = view.getUint16(8, true)
  let at = 13 + colorTable(bytes[10] ?? 0)
  while (at < bytes.length) {
    const block = bytes[at]
    if (block === trailer) return { ...found, end: at + 1 }
    if (block === extension) {
      const end = behindParts(bytes, at + 2)
      // 0xf9 only says how the next picture is shown.
      if (bytes[at + 1] !== 0xf9) found.asides.push(bytes.subarray(at + 2, end))
      at = end
    } else if (block === image && at + 11 <= bytes.length) {
      found.frames += 1
      found.width = Math.max(found.width, view.getUint16(at + 5, true))
      found.height = Math.max(found.height, view.getUint16(at + 7, true))
      at = behindParts(bytes, at + 11 + colorTable(bytes[at + 9] ?? 0))
    } else break
  }
  throw damaged('GIF', `its blocks break off at byte ${at}`)
}

function colorTable(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0
}

/** Parts follow each other, each with its length in front, up to one that is empty. */
function behindParts(bytes: Uint8Array, from: number): number {
  let at = from
  for (let length = bytes[at]; length; length = bytes[at]) at += length + 1
  return at + 1
}
