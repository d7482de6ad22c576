import { refusal } from '../refusal.ts'
import { bytesOf } from '../storage.ts'
import {
  dangerous,
  refuseProgramsIn,
  refuseScriptHeads,
  refuseSecondTypes,
} from './active-content.ts'
import { type Anatomy, latin1 } from './anatomy.ts'
import { walkAvif } from './avif.ts'
import { walkGif } from './gif.ts'
import { inflatedSize } from './inflate.ts'
import { walkJpeg } from './jpeg.ts'
import { walkPng } from './png.ts'
import { walkWebp } from './webp.ts'

const walks: Readonly<Record<string, (bytes: Uint8Array<ArrayBuffer>) => Anatomy>> = {
  'image/png': walkPng,
  'image/jpeg': walkJpeg,
  'image/gif': walkGif,
  'image/webp': walkWebp,
}

/** All compressed texts of an image together; the profile of a printing press has a good megabyte. */
const mostInflated = 4_000_000

/**
 * Looks through a picture made of pixels before anything decodes it.
 * @throws a refusal for what is damaged, more than one type, or larger than `maxPixels` over all its frames
 */
export async function checkRaster(file: Blob, type: string, maxPixels: number): Promise<Anatomy> {
  const bytes = await bytesOf(file)
  refuseScriptHeads(bytes, type)
  const anatomy = walks[type]?.(bytes) ?? (await walkAvif(file))
  refuseProgramsIn(anatomy.asides, type)
  refuseTail(bytes.subarray(anatomy.end), anatomy, type)
  await refuseSecondTypes(file, type)
  refuseSize(anatomy, maxPixels)
  await refuseBombs(anatomy.packed)
  return anatomy
}

/** Behind its end, a file may be filled up, or hold what it says belongs there. */
function refuseTail(tail: Uint8Array, { hasSequel }: Anatomy, type: string): void {
  if (tail.every((byte) => byte === 0 || byte === 10 || byte === 13 || byte === 32)) return
  refuseProgramsIn([tail], type)
  const start = latin1(tail.subarray(0, 8))
  // Another picture of a set, the film of a moving photo, or what phones of one maker note. None is kept.
  if (type === 'image/jpeg' && latin1(tail.subarray(-4)) === 'SEFT') return
  if (hasSequel && (start.startsWith('\xff\xd8\xff') || start.endsWith('ftyp'))) return
  throw dangerous(`something that is no ${type} follows its end`)
}

function refuseSize({ width, height, frames }: Anatomy, maxPixels: number): void {
  const pixels = width * height * frames
  if (pixels > 0 && pixels <= maxPixels) return
  const shown = frames > 1 ? `${width} x ${height} in ${frames} frames` : `${width} x ${height}`
  const million = maxPixels / 1_000_000
  throw refusal(
    'image-too-large',
    `The image has ${shown} pixels; at most ${million} million are taken. Ask the user for a smaller one.`,
  )
}

async function refuseBombs(packed: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
  let left = mostInflated
  for (const part of packed) {
    left -= await inflatedSize(part, { format: 'deflate', most: left })
    if (left < 0) throw dangerous('a text in it unpacks to far more than it seems')
  }
}
