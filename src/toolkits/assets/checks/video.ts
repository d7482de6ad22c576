import { bytesOf } from '../storage.ts'
import { damaged, latin1 } from './anatomy.ts'
import { topBoxes } from './boxes.ts'

/** Boxes in which anything may stand, since players skip them. */
const ignored = ['free', 'skip', 'wide', 'uuid', 'udta', 'meta']
/** What a box of text may hold is looked at up to here. */
const mostLookedAt = 1_000_000

/** Parts of a video in which words could stand, of one that is built as MP4 and QuickTime are. */
export async function walkMp4(file: Blob): Promise<readonly Uint8Array[]> {
  const boxes = await topBoxes(file, 'MP4')
  const names = new Set(boxes.map(({ name }) => name))
  if (!names.has('moov')) throw damaged('MP4', 'it has no "moov" part')
  const texts = boxes.filter(({ name }) => ignored.includes(name) || name === 'ftyp')
  const unknown = boxes.find(({ name }) => !known.has(name))
  if (unknown) throw damaged('MP4', `nobody knows its part "${unknown.name}"`)
  return Promise.all(
    texts.map(({ start, end }) => bytesOf(file, start, Math.min(end, start + mostLookedAt))),
  )
}

const known = new Set([
  ...ignored,
  ...'ftyp moov mdat moof mfra sidx ssix styp prft emsg pdin pnot PICT bloc mvex meco'.split(' '),
])

/** The head, which says how the rest is written. */
const ebml = 0x1a45dfa3
const segment = 0x18538067
/** Behind the head: the film itself, what is void, a checksum. */
const later = [segment, 0xec, 0xbf]

/** Likewise of a WebM: https://www.rfc-editor.org/rfc/rfc8794 and https://www.matroska.org/technical/elements.html. */
export async function walkWebm(file: Blob): Promise<readonly Uint8Array[]> {
  const asides: Uint8Array[] = []
  let at = 0
  for (let part = await partAt(file, 0); part; part = await partAt(file, at)) {
    at = part.end
    if (part.id === segment && at === file.size) return checkedHead(asides)
    if (part.id === segment) break
    asides.push(await bytesOf(file, part.start, part.end))
  }
  throw damaged('WebM', `its parts do not add up at byte ${at}`)
}

interface Part {
  readonly id: number
  readonly start: number
  readonly end: number
}

/** The part that begins here, if it is one that may stand here. */
async function partAt(file: Blob, at: number): Promise<Part | undefined> {
  const head = await bytesOf(file, at, at + 12)
  const id = numberAt(head, 0, false)
  const size = id && numberAt(head, id.length, true)
  const isLegal = at === 0 ? id?.value === ebml : later.includes(id?.value ?? 0)
  if (!size || !isLegal) return undefined
  const start = at + id.length + size.length
  // All ones: whoever recorded did not know how long it would get, and the rest of the file is that part.
  const end = size.value === 2 ** (7 * size.length) - 1 ? file.size : start + size.value
  return end > file.size ? undefined : { id: id.value, start, end }
}

function checkedHead(asides: readonly Uint8Array[]): readonly Uint8Array[] {
  // DocType, 0x4282, says which family of files it is.
  if (/\x42\x82.(?:webm|matroska)/s.test(latin1(asides[0] ?? new Uint8Array()))) return asides
  throw damaged('WebM', 'its head names another type')
}

/** A number whose first one bit says how many bytes it has; of a size, that bit is none of its value. */
function numberAt(
  bytes: Uint8Array,
  at: number,
  isSize: boolean,
): { readonly value: number; readonly length: number } | undefined {
  const first = bytes[at] ?? 0
  const length = Math.clz32(first) - 23
  if (first === 0 || at + length > bytes.length) return undefined
  let value = isSize ? first & (0xff >> length) : first
  for (let index = 1; index < length; index++) value = value * 256 + (bytes[at + index] ?? 0)
  return { value, length }
}
