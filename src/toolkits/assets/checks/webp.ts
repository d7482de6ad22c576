import { type Anatomy, damaged, latin1, noFindings, viewOf } from './anatomy.ts'

/** Walks the chunks of a WebP; https://developers.google.com/speed/webp/docs/riff_container. */
export function walkWebp(bytes: Uint8Array<ArrayBuffer>): Anatomy {
  const view = viewOf(bytes)
  const found = { ...noFindings(), frames: 0 }
  const end = 8 + (bytes.length >= 16 ? view.getUint32(4, true) : Infinity)
  if (end > bytes.length) throw damaged('WebP', 'it is shorter than it says')
  let at = 12
  while (at + 8 <= end) {
    const name = latin1(bytes.subarray(at, at + 4))
    const length = view.getUint32(at + 4, true)
    const data = bytes.subarray(at + 8, at + 8 + length)
    if (at + 8 + length > end) throw damaged('WebP', `its chunks break off at byte ${at}`)
    const size = sizeOf(name, data)
    if (size) {
      found.width = Math.max(found.width, size.width)
      found.height = Math.max(found.height, size.height)
    } else if (name !== 'ALPH' && name !== 'ANIM') found.asides.push(data)
    if (name === 'ANMF') found.frames += 1
    at += 8 + length + (length & 1)
  }
  if (found.width === 0) throw damaged('WebP', 'it holds no picture')
  return { ...found, frames: Math.max(found.frames, 1), end }
}

interface Size {
  readonly width: number
  readonly height: number
}

function sizeOf(name: string, data: Uint8Array): Size | undefined {
  const view = viewOf(data)
  const three = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 65_536
  if (name === 'VP8X' && data.length >= 10) return { width: three(4) + 1, height: three(7) + 1 }
  if (name === 'ANMF' && data.length >= 16) return { width: three(6) + 1, height: three(9) + 1 }
  if (name === 'VP8 ' && data.length >= 10)
    return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff }
  if (name !== 'VP8L' || data.length < 5) return undefined
  const bits = view.getUint32(1, true)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}
