import { bytesOf } from '../storage.ts'
import { damaged, latin1, viewOf } from './anatomy.ts'

/** A part of a file built of boxes (ISO/IEC 14496-12): AVIF, MP4, QuickTime. */
export interface Box {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** More than a film of hours in fragments has. */
const mostBoxes = 50_000
/** Headers are read many at a time, since each read may be a request to a store far away. */
const windowSize = 65_536

/** What a file has one of: with two, it would be two files. */
const once = ['ftyp', 'moov', 'meta']

/** The boxes at the top of a file, which fill it to its last byte. */
export async function topBoxes(file: Blob, type: string): Promise<readonly Box[]> {
  const boxes: Box[] = []
  let window = await bytesOf(file, 0, windowSize)
  let windowStart = 0
  let at = 0
  while (at < file.size) {
    if (at + 16 > windowStart + window.length && windowStart !== at) {
      windowStart = at
      window = await bytesOf(file, at, at + windowSize)
    }
    const box = boxAt(window.subarray(at - windowStart), at, file.size)
    const isSecond = box && once.includes(box.name) && boxes.some(({ name }) => name === box.name)
    const isLateHead = box?.name === 'ftyp' && at > 0
    if (!box || isSecond || isLateHead || boxes.length === mostBoxes)
      throw damaged(type, `its parts do not add up at byte ${at}`)
    boxes.push(box)
    at = box.end
  }
  return boxes
}

function boxAt(bytes: Uint8Array, start: number, size: number): Box | undefined {
  if (bytes.length < 8) return undefined
  const view = viewOf(bytes)
  const name = latin1(bytes.subarray(4, 8))
  const short = view.getUint32(0)
  // 1: the length stands behind the name, in eight bytes. 0: the box reaches to the end of the file.
  const isLong = short === 1 && bytes.length >= 16
  const length = isLong ? Number(view.getBigUint64(8)) : short || size - start
  const isSound = length >= (isLong ? 16 : 8) && start + length <= size
  return isSound && /^[\w ©-]{4}$/.test(name) ? { name, start, end: start + length } : undefined
}
