import { bytesOf } from '../storage.ts'
import { type Anatomy, damaged, latin1, noFindings, viewOf } from './anatomy.ts'
import { topBoxes } from './boxes.ts'

const known = ['ftyp', 'meta', 'mdat', 'moov', 'free', 'skip', 'uuid']

/** Reads the sizes that an AVIF claims; https://aomediacodec.github.io/av1-avif/. */
export async function walkAvif(file: Blob): Promise<Anatomy> {
  const found = noFindings()
  const boxes = await topBoxes(file, 'AVIF')
  const stranger = boxes.find(({ name }) => !known.includes(name))
  if (stranger) throw damaged('AVIF', `it has a part "${stranger.name}"`)
  for (const { name, start, end } of boxes) {
    const bytes = name === 'mdat' ? undefined : await bytesOf(file, start, end)
    if (!bytes) continue
    // Texts would stand in boxes that nobody knows, or in free ones; the rest is numbers.
    found.asides.push(bytes)
    for (const { width, height } of sizesIn(bytes)) {
      found.width = Math.max(found.width, width)
      found.height = Math.max(found.height, height)
    }
    if (name === 'moov') found.frames = 2
  }
  if (found.width === 0) throw damaged('AVIF', 'it holds no picture')
  return { ...found, end: file.size }
}

/** Every `ispe`, which is the size of a picture or of a tile of it, and every `grid`, which is made of tiles. */
function* sizesIn(bytes: Uint8Array): Generator<{ width: number; height: number }> {
  const text = latin1(bytes)
  const view = viewOf(bytes)
  for (let at = text.indexOf('ispe'); at >= 0; at = text.indexOf('ispe', at + 1)) {
    if (at + 16 <= bytes.length)
      yield { width: view.getUint32(at + 8), height: view.getUint32(at + 12) }
  }
}
