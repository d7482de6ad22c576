import { type Anatomy, type Findings, damaged, latin1, noFindings, viewOf } from './anatomy.ts'

/** How a file says that more comes behind its end: pictures of a set, the film of a moving photo. */
const sequel = /^MPF\0|MotionPhoto|MicroVideo|Container:Directory/

const frameHeaders = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]
/** Markers that stand alone, with no length behind them. */
const isAlone = (marker: number): boolean => marker === 1 || (marker >= 0xd0 && marker <= 0xd8)
const isAside = (marker: number): boolean => marker === 0xfe || (marker >= 0xe0 && marker <= 0xef)
const endOfImage = 0xd9
const startOfScan = 0xda

/** Walks the segments of a JPEG; ITU-T T.81, annex B. */
export function walkJpeg(bytes: Uint8Array<ArrayBuffer>): Anatomy {
  const view = viewOf(bytes)
  const found = noFindings()
  let at = 2
  while (at + 2 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0
    if (marker === endOfImage) return { ...found, end: at + 2 }
    // Any number of filling bytes may stand before a marker.
    if (marker === 0xff) at += 1
    else if (isAlone(marker)) at += 2
    else {
      const length = at + 4 <= bytes.length ? view.getUint16(at + 2) : 0
      if (length < 2 || at + 2 + length > bytes.length) break
      noteSegment(found, marker, bytes.subarray(at + 4, at + 2 + length))
      at += 2 + length
      if (marker === startOfScan) at = behindScan(bytes, at)
    }
  }
  throw damaged('JPEG', `its segments break off at byte ${at}`)
}

function noteSegment(found: Findings, marker: number, data: Uint8Array): void {
  if (frameHeaders.includes(marker) && data.length >= 5) {
    const view = viewOf(data)
    found.height = Math.max(found.height, view.getUint16(1))
    found.width = Math.max(found.width, view.getUint16(3))
  }
  if (!isAside(marker)) return
  found.asides.push(data)
  found.hasSequel ||= sequel.test(latin1(data))
}

/** In the data of a scan, 255 is followed by 0 or by a restart marker; anything else ends it. */
function behindScan(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from)
  while (at >= 0) {
    const next = bytes[at + 1] ?? 0
    if (next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at
    at = bytes.indexOf(0xff, at + 1)
  }
  return bytes.length
}
