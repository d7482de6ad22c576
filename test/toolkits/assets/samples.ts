// Files of every accepted type, sound and small, and what attackers make of them.
import { deflateRawSync, deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'

export type Bytes = Uint8Array<ArrayBuffer>

export interface Sample {
  readonly name: string
  readonly type: string
  readonly bytes: Bytes
}

export const bytes = (...parts: readonly (string | Uint8Array | readonly number[])[]): Bytes =>
  new Uint8Array(
    Buffer.concat(
      parts.map((part) =>
        typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part),
      ),
    ),
  )

const picture = (): Sharp =>
  sharp({ create: { width: 64, height: 48, channels: 3, background: '#c33' } })

const u32 = (value: number): Bytes => {
  const out = new Uint8Array(4)
  new DataView(out.buffer).setUint32(0, value)
  return out
}
const u16le = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff]
const u32le = (value: number): number[] => [...u16le(value & 0xffff), ...u16le(value >>> 16)]

export const box = (name: string, ...content: readonly (string | Uint8Array)[]): Bytes => {
  const inside = bytes(...content)
  return bytes(u32(inside.length + 8), name, inside)
}

/** A chunk of a PNG; decoders do not look at the checksum of what they skip. */
export const chunk = (name: string, data: Uint8Array | string): Bytes => {
  const inside = bytes(data)
  return bytes(u32(inside.length), name, inside, [0, 0, 0, 0])
}

/** Puts something behind the header of a PNG. */
export const behindHeader = (png: Bytes, extra: Uint8Array): Bytes =>
  bytes(png.subarray(0, 33), extra, png.subarray(33))

/** A PNG that claims a size. */
export const claimedPng = (width: number, height: number): Bytes =>
  bytes(
    '\x89PNG\r\n\x1a\n',
    chunk('IHDR', bytes(u32(width), u32(height), [1, 0, 0, 0, 0])),
    chunk('IDAT', deflateSync(new Uint8Array(100))),
    chunk('IEND', ''),
  )

export interface Part {
  readonly name: string
  readonly data: Uint8Array
  /** What the directory says of its size, where that is a lie. */
  readonly size?: number
  readonly offset?: number
  readonly external?: number
  readonly flags?: number
}

export function zip(parts: readonly Part[], comment = ''): Bytes {
  const local: Bytes[] = []
  const directory: Bytes[] = []
  let at = 0
  for (const { name, data, size = data.length, offset = at, external = 0, flags = 0 } of parts) {
    const packed = deflateRawSync(data)
    const sizes = [...u32le(0), ...u32le(packed.length), ...u32le(size)]
    const common = [...u16le(20), ...u16le(flags), ...u16le(8), ...u32le(0), ...sizes]
    const entry = bytes('PK\x03\x04', common, u16le(name.length), u16le(0), name, packed)
    local.push(entry)
    directory.push(
      bytes(
        'PK\x01\x02',
        u16le(20),
        common,
        [...u16le(name.length), ...u16le(0), ...u16le(0), ...u16le(0), ...u16le(0)],
        u32le(external),
        u32le(offset),
        name,
      ),
    )
    at += entry.length
  }
  const listed = bytes(...directory)
  const counts = [...u16le(0), ...u16le(0), ...u16le(parts.length), ...u16le(parts.length)]
  const end = bytes('PK\x05\x06', counts, u32le(listed.length), u32le(at), u16le(comment.length))
  return bytes(...local, listed, end, comment)
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

export const office = (extra: readonly Part[] = [], folder = 'word'): Bytes =>
  zip([
    { name: '[Content_Types].xml', data: text('<Types/>') },
    { name: `${folder}/document.xml`, data: text('<document/>') },
    ...extra,
  ])

export const pdf = (inside = ''): Bytes =>
  bytes(`%PDF-1.4\n${inside}1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n`)

export const mp4 = (...extra: readonly Uint8Array[]): Bytes =>
  bytes(
    box('ftyp', 'isom\0\0\x02\0isomiso2'),
    box('moov', box('mvhd', new Uint8Array(100))),
    box('mdat', new Uint8Array(5_000)),
    ...extra,
  )

export const webm = (extra: Uint8Array | string = ''): Bytes =>
  bytes(
    [0x1a, 0x45, 0xdf, 0xa3, 0x87, 0x42, 0x82, 0x84],
    'webm',
    [0x18, 0x53, 0x80, 0x67, 0x84, 0xec, 0x82, 0, 0],
    extra,
  )

export const svg = (inside = '<rect width="10" height="10" fill="red"/>', attributes = ''): Bytes =>
  bytes(
    text(
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30"${attributes}>${inside}</svg>`,
    ),
  )

const officeType = 'application/vnd.openxmlformats-officedocument.'

/** One sound file of each type that is taken. */
export async function samples(): Promise<readonly Sample[]> {
  const made = async (image: Sharp): Promise<Bytes> => bytes(await image.toBuffer())
  return [
    { name: 'a.png', type: 'image/png', bytes: await made(picture().png()) },
    { name: 'a.jpg', type: 'image/jpeg', bytes: await made(picture().jpeg()) },
    { name: 'a.gif', type: 'image/gif', bytes: await made(picture().gif()) },
    { name: 'a.webp', type: 'image/webp', bytes: await made(picture().webp()) },
    { name: 'a.avif', type: 'image/avif', bytes: await made(picture().avif({ effort: 0 })) },
    { name: 'a.svg', type: 'image/svg+xml', bytes: svg() },
    { name: 'a.mp4', type: 'video/mp4', bytes: mp4() },
    {
      name: 'a.mov',
      type: 'video/quicktime',
      bytes: bytes(box('ftyp', 'qt  \0\0\0\0qt  '), box('mdat', 'xyz'), box('moov', 'abc')),
    },
    { name: 'a.webm', type: 'video/webm', bytes: webm() },
    { name: 'a.pdf', type: 'application/pdf', bytes: pdf() },
    { name: 'a.txt', type: 'text/plain', bytes: bytes(text('Grüße, 1 < 2\n')) },
    { name: 'a.csv', type: 'text/csv', bytes: bytes('a,b\n1,2\n') },
    { name: 'a.md', type: 'text/markdown', bytes: bytes('# Title\n\nText\n') },
    { name: 'a.docx', type: `${officeType}wordprocessingml.document`, bytes: office() },
    { name: 'a.xlsx', type: `${officeType}spreadsheetml.sheet`, bytes: office([], 'xl') },
    { name: 'a.pptx', type: `${officeType}presentationml.presentation`, bytes: office([], 'ppt') },
  ]
}
