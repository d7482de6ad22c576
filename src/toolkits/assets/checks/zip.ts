import { bytesOf } from '../storage.ts'
import { dangerous } from './active-content.ts'
import { damaged, latin1, viewOf } from './anatomy.ts'
import { inflatedSize } from './inflate.ts'

const mostEntries = 5_000
const mostInflated = 200_000_000
/** Deflate cannot do better than about 1,000 to 1; texts that people write come to 50. */
const mostRatio = 200
/** What small entries inflate to is no harm, whatever their ratio. */
const harmless = 1_000_000

interface Entry {
  readonly name: string
  readonly method: number
  readonly packedSize: number
  readonly size: number
  readonly offset: number
}

interface Directory {
  readonly entries: readonly Entry[]
  readonly directoryStart: number
}

/**
 * Looks through a document that is a ZIP of its parts (Word, Excel, PowerPoint): it inflates to what it says, within
 * bounds, entries neither overlap nor leave the folder they are unpacked to, and none is a macro or an archive again.
 */
export async function checkOffice(file: Blob, folder: string): Promise<void> {
  const bytes = await bytesOf(file)
  const { entries, directoryStart } = directoryOf(bytes)
  const names = new Set(entries.map(({ name }) => name))
  if (!names.has('[Content_Types].xml') || ![...names].some((name) => name.startsWith(folder)))
    throw damaged('document', `it lacks "[Content_Types].xml" or "${folder}"`)
  entries.forEach(refuseEntry)
  const sum = entries.reduce((total, { size }) => total + size, 0)
  if (sum > mostInflated || sum > Math.max(harmless, bytes.length * mostRatio))
    throw dangerous(`it unpacks to ${sum} bytes`)
  let last = 0
  for (const entry of entries.toSorted((a, b) => a.offset - b.offset)) {
    if (entry.offset < last) throw dangerous('its parts overlap')
    refuseGap(last, entry.offset)
    last = await checkEntry(bytes, entry)
  }
  refuseGap(last, directoryStart)
}

/** Between two parts stands at most what was not known of the first when it was begun, in 24 bytes. */
function refuseGap(from: number, to: number): void {
  if (to - from > (from === 0 ? 0 : 24)) throw dangerous('something is hidden between its parts')
}

function refuseEntry({ name }: Entry): void {
  const leaves =
    /^[/\\]|^[a-z]:|\\|\0/i.test(name) || name.split('/').some((segment) => segment === '..')
  if (leaves) throw dangerous(`its part "${name}" leaves its folder`)
  if (/vbaProject|\.(?:zip|docm|xlsm|pptm|exe|dll|js|vbs|hta|jar)$/i.test(name))
    throw dangerous(`its part "${name}" is a program or an archive`)
}

/** The directory at the end of the file; https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12. */
function directoryOf(bytes: Uint8Array<ArrayBuffer>): Directory {
  const view = viewOf(bytes)
  const end = latin1(bytes.subarray(-65_557)).lastIndexOf('PK\x05\x06')
  const at = end < 0 ? -1 : Math.max(0, bytes.length - 65_557) + end
  if (at < 0 || at + 22 !== bytes.length - commentLength(view, at))
    throw damaged('ZIP', 'it does not end as one')
  const count = view.getUint16(at + 10, true)
  const directoryStart = view.getUint32(at + 16, true)
  let next = directoryStart
  if (count > mostEntries) throw dangerous(`it has ${count} parts`)
  const entries: Entry[] = []
  for (; entries.length < count; next = behind(view, next)) {
    if (next + 46 > at || view.getUint32(next, true) !== 0x02014b50)
      throw damaged('ZIP', 'its directory breaks off')
    entries.push(entryAt(bytes, next))
  }
  if (next !== at) throw damaged('ZIP', 'its directory ends elsewhere')
  return { entries, directoryStart }
}

function commentLength(view: DataView, at: number): number {
  return at + 22 <= view.byteLength ? view.getUint16(at + 20, true) : -1
}

function behind(view: DataView, at: number): number {
  const lengths = [28, 30, 32].map((offset) => view.getUint16(at + offset, true))
  return lengths.reduce((sum, length) => sum + length, at + 46)
}

function entryAt(bytes: Uint8Array, at: number): Entry {
  const view = viewOf(bytes)
  const flags = view.getUint16(at + 8, true)
  const isLink = view.getUint32(at + 38, true) >>> 28 === 0xa
  if (flags & 1 || isLink) throw dangerous('a part of it is encrypted or a link')
  return {
    name: latin1(bytes.subarray(at + 46, at + 46 + view.getUint16(at + 28, true))),
    method: view.getUint16(at + 10, true),
    packedSize: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    offset: view.getUint32(at + 42, true),
  }
}

/** Where the entry ends; what it unpacks to is counted, since the directory may lie. */
async function checkEntry(bytes: Uint8Array<ArrayBuffer>, entry: Entry): Promise<number> {
  const { offset, packedSize, size, method, name } = entry
  const view = viewOf(bytes)
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== 0x04034b50)
    throw damaged('ZIP', `its part "${name}" is not where it says`)
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true)
  const end = start + packedSize
  if (end > bytes.length) throw damaged('ZIP', `its part "${name}" breaks off`)
  if (method !== 0 && method !== 8) throw damaged('ZIP', `"${name}" is packed in an unusual way`)
  const real =
    method === 0
      ? packedSize
      : await inflatedSize(bytes.slice(start, end), { format: 'deflate-raw', most: size })
  if (real !== size) throw dangerous(`its part "${name}" does not unpack to what it says`)
  return end
}
