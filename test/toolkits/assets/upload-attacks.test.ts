// The attacks by uploads that the threat model names, T-numbers aside: what is not what it says is refused, and what
// is stored cannot run. More files from ../shared/material where that is present.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../checks/entries.ts'
import { add, alice, library, served, verdict } from './rig.ts'
import {
  type Bytes,
  type Sample,
  behindHeader,
  box,
  bytes,
  chunk,
  claimedPng,
  mp4,
  office,
  pdf,
  samples,
  svg,
  webm,
  zip,
} from './samples.ts'

let all: readonly Sample[]
const sample = (name: string): Sample => {
  const found = all.find((one) => one.name === name)
  if (!found) throw new Error(`No sample ${name}.`)
  return found
}

beforeAll(async () => {
  all = await samples()
})

test('a sound file of each type is taken', async () => {
  const assets = library()
  for (const one of all) expect([one.name, await verdict(assets, one)]).toEqual([one.name, 'taken'])
})

describe('polyglots', () => {
  test('one sound file behind another is refused, for each pair of types', async () => {
    const assets = library()
    const isText = ({ type }: Sample): boolean => type.startsWith('text/')
    const taken: string[] = []
    for (const first of all) {
      for (const second of all) {
        // A text with a text behind it is a text, and a PDF is changed by writing more of it behind its end.
        if (first === second && first.name === 'a.pdf') continue
        if (
          isText(first) &&
          (isText(second) || second.type === 'image/svg+xml' || second.name === 'a.pdf')
        )
          continue
        const both = { ...first, bytes: bytes(first.bytes, second.bytes) }
        const outcome = await verdict(assets, both)
        if (!/^(?:file-|type-)/.test(outcome))
          taken.push(`${first.name} + ${second.name}: ${outcome}`)
      }
    }
    expect(taken).toEqual([])
  })

  const page = '<html><script>alert(1)</script></html>'
  const carriers: Readonly<Record<string, () => Sample>> = {
    'a page in the text of a PNG': () => ({
      ...sample('a.png'),
      bytes: behindHeader(sample('a.png').bytes, chunk('tEXt', `Comment\0${page}`)),
    }),
    'a page in an unknown chunk of a PNG': () => ({
      ...sample('a.png'),
      bytes: behindHeader(sample('a.png').bytes, chunk('abCd', page)),
    }),
    'a page in UTF-16 in the text of a PNG': () => ({
      ...sample('a.png'),
      bytes: behindHeader(
        sample('a.png').bytes,
        chunk('tEXt', bytes(Buffer.from(page, 'utf16le'))),
      ),
    }),
    'PHP in the comment of a JPEG': () => {
      const { bytes: jpeg, ...rest } = sample('a.jpg')
      const words = '<?php system($_GET[0]); ?>'
      const comment = bytes([0xff, 0xfe, 0, words.length + 2], words)
      return { ...rest, bytes: bytes(jpeg.subarray(0, 2), comment, jpeg.subarray(2)) }
    },
    'a page in the comment of a GIF': () => {
      const { bytes: gif, ...rest } = sample('a.gif')
      const comment = bytes([0x21, 0xfe, page.length], page, [0])
      return { ...rest, bytes: bytes(gif.subarray(0, -1), comment, [0x3b]) }
    },
    'a script that begins as a GIF': () => ({
      ...sample('a.gif'),
      bytes: bytes('GIF89a=1;alert(1);//;'),
    }),
    'a GIF with a comment of JavaScript for its width': () => {
      const { bytes: gif, ...rest } = sample('a.gif')
      const script = '*/=1;alert(1)//'
      const comment = bytes([0x21, 0xfe, script.length], script, [0])
      const body = bytes(gif.subarray(0, 6), '/*', gif.subarray(8, -1), comment, [0x3b])
      return { ...rest, bytes: body }
    },
    'a PDF in the head of a PNG': () => ({
      ...sample('a.png'),
      bytes: behindHeader(sample('a.png').bytes, chunk('prIv', '%PDF-1.4')),
    }),
    'a ZIP in the comment of a JPEG': () => {
      const { bytes: jpeg, ...rest } = sample('a.jpg')
      const archive = zip([{ name: 'x.class', data: bytes('x') }])
      const comment = bytes([0xff, 0xfe, 0, archive.length + 2], archive)
      return { ...rest, bytes: bytes(jpeg.subarray(0, 2), comment, jpeg.subarray(2)) }
    },
    'a page in the head of a PDF': () => ({ ...sample('a.pdf'), bytes: pdf(`%${page}\n`) }),
    'a page behind the end of a PDF': () => ({ ...sample('a.pdf'), bytes: bytes(pdf(), page) }),
    'a page in the free part of an MP4': () => ({
      ...sample('a.mp4'),
      bytes: mp4(box('free', page)),
    }),
    'a page as a part of an MP4': () => ({ ...sample('a.mp4'), bytes: mp4(box('html', page)) }),
    'a page behind a WebM': () => ({ ...sample('a.webm'), bytes: webm(page) }),
    'a page in a chunk of a WebP': () => {
      const { bytes: webp, ...rest } = sample('a.webp')
      const body = bytes(webp, 'XMP ', [page.length, 0, 0, 0], page)
      new DataView(body.buffer).setUint32(4, body.length - 8, true)
      return { ...rest, bytes: body }
    },
    'a page for a text': () => ({ ...sample('a.txt'), bytes: bytes(page) }),
    'a page behind white space and a comment for a text': () => ({
      ...sample('a.txt'),
      bytes: bytes('\n\t <!-- x -->\n<!DOCTYPE html>', page),
    }),
    'a macro in a document': () => ({
      ...sample('a.docx'),
      bytes: office([{ name: 'word/vbaProject.bin', data: bytes('x') }]),
    }),
  }

  test.each(Object.keys(carriers))('%s is refused', async (name) => {
    const made = carriers[name]?.()
    expect(await verdict(library(), made ?? sample('a.png'))).toMatch(/^(?:file|type)-/)
  })

  test('of a photo that declares its film, only the photo is kept', async () => {
    const { bytes: jpeg, ...rest } = sample('a.jpg')
    const xmp = 'http://ns.adobe.com/xap/1.0/\0<x GCamera:MotionPhoto="1"/>'
    const aside = bytes([0xff, 0xe1, 0, xmp.length + 2], xmp)
    const photo = bytes(jpeg.subarray(0, 2), aside, jpeg.subarray(2))
    const assets = library()
    const { asset } = await add(assets, { ...rest, bytes: bytes(photo, mp4()) })
    const kept = Buffer.from(await served(assets, asset.url))
    expect([kept.includes('ftyp'), kept.includes('MotionPhoto')]).toEqual([false, false])
    expect(await verdict(assets, { ...rest, bytes: bytes(photo, page) })).toBe('file-dangerous')
  })
})

test('a photo with the notes of its phone behind it is taken without them', async () => {
  const { bytes: jpeg, ...rest } = sample('a.jpg')
  const assets = library()
  const { asset } = await add(assets, { ...rest, bytes: bytes(jpeg, '\0\0\x01\x0aNOTES', 'SEFT') })
  expect(Buffer.from(await served(assets, asset.url)).includes('NOTES')).toBe(false)
  const archive = bytes(jpeg, zip([{ name: 'x', data: bytes('x') }], 'SEFT'))
  expect(await verdict(assets, { ...rest, bytes: archive })).toBe('file-dangerous')
})

describe('wrong names and types', () => {
  const wrong: readonly (readonly [name: string, type: string, of: string])[] = [
    ['a.jpg', 'image/png', 'a.png'],
    ['a.png', 'image/jpeg', 'a.png'],
    ['a.svg', 'image/png', 'a.png'],
    ['a.png.html', 'image/png', 'a.png'],
    ['a.png\0.html', '', 'a.png'],
    ['a.html.', 'image/png', 'a.png'],
    ['a\u202egnp.exe', 'image/png', 'a.png'],
    ['a.png', 'text/html', 'a.png'],
    ['a.png', 'image/png', 'a.svg'],
    ['a.txt', 'text/plain', 'a.svg'],
    ['a.txt', 'text/plain', 'a.pdf'],
    ['a.mp4', 'video/mp4', 'a.webm'],
    ['a.png', 'image/png', 'a.docx'],
    ['a.zip', 'application/zip', 'a.docx'],
    ['a.xlsx', '', 'a.docx'],
    ['a.exe', '', 'a.txt'],
    ['a.js', 'text/javascript', 'a.txt'],
  ]

  test.each(wrong)('%j declared as %j is refused of the content of %s', async (name, type, of) => {
    const one = { ...sample(of), name, type }
    expect(await verdict(library(), one)).toMatch(/^(?:type|file)-/)
  })

  test('a name keeps no path and nothing invisible', async () => {
    const { asset } = await add(library(), {
      ...sample('a.png'),
      name: '../..\\evil\u202e\0/x<y>.png',
    })
    expect(asset.name).toBe('x_y_.png')
  })

  test.each([
    ['an empty file', bytes()],
    ['a script', bytes('#!/bin/sh\nrm -rf /\n')],
    ['a program', bytes('MZ\x90\0\x03\0\0\0')],
    ['a page', bytes('<!DOCTYPE html><p>x')],
    ['text in UTF-16', bytes([0xff, 0xfe], Buffer.from('hello', 'utf16le'))],
    ['an archive', zip([{ name: 'x', data: bytes('x') }])],
    ['a gzip', bytes(gzipSync('x'))],
  ])('%s is taken under no name', async (_, content) => {
    const assets = library()
    for (const { name, type } of all.filter((one) => !one.type.startsWith('text/')))
      expect(await verdict(assets, { name, type, bytes: content })).toMatch(/^(?:type|file)-/)
  })
})

describe('bombs', () => {
  test('a picture of 50 megapixels is refused before it is decoded', async () => {
    const real = await sharp({
      create: { width: 8_000, height: 6_250, channels: 3, background: 'red' },
    })
      .jpeg()
      .toBuffer()
    const assets = library({
      images: { open: () => Promise.reject(new Error('It was decoded.')) },
    })
    expect(await verdict(assets, { ...sample('a.jpg'), bytes: bytes(real) })).toBe(
      'image-too-large',
    )
  })

  test.each([
    [65_535, 65_535],
    [20_000, 20_000],
    [0, 10],
    [2_147_483_647, 2],
    [40_000_001, 1],
  ])('a PNG that claims %i x %i is refused', async (width, height) => {
    const one = { ...sample('a.png'), bytes: claimedPng(width, height) }
    expect(await verdict(library(), one)).toBe('image-too-large')
  })

  test('a film of many frames counts each', async () => {
    const { bytes: gif, ...rest } = sample('a.gif')
    const frames = gif.subarray(13 + 3 * 2 ** (((gif[10] ?? 0) & 7) + 1), -1)
    const film = bytes(gif.subarray(0, -1), ...Array.from({ length: 400 }, () => frames), [0x3b])
    const assets = library({ limits: { maxPixels: 1_000_000 } })
    expect(await verdict(assets, { ...rest, bytes: film })).toBe('image-too-large')
    expect(await verdict(assets, { ...rest, bytes: gif })).toBe('taken')
  })

  const packed: Bytes = bytes(deflateSync(new Uint8Array(50_000_000)))
  test.each([
    ['zTXt', bytes('k\0\0', packed)],
    ['iCCP', bytes('k\0\0', packed)],
    ['iTXt', bytes('k\0\x01\0\0\0', packed)],
  ])('a %s that unpacks to 50 MB is refused, in little memory', async (name, data) => {
    const one = {
      ...sample('a.png'),
      bytes: behindHeader(sample('a.png').bytes, chunk(name, data)),
    }
    expect(await verdict(library(), one)).toBe('file-dangerous')
  })

  const zeros = new Uint8Array(20_000_000)
  const bombs: Readonly<Record<string, Bytes>> = {
    'with a part that unpacks to far more': office([{ name: 'word/a', data: zeros }]),
    'that lies about what it unpacks to': office([{ name: 'word/a', data: zeros, size: 10 }]),
    'whose parts overlap': office([{ name: 'word/a', data: bytes('x'), offset: 0 }]),
    'with a path that leaves its folder': office([{ name: '../../x', data: bytes('x') }]),
    'with an absolute path': office([{ name: '/etc/x', data: bytes('x') }]),
    'with a link': office([{ name: 'word/a', data: bytes('/etc'), external: 0xa1ff0000 }]),
    'with an archive inside': office([{ name: 'word/a.zip', data: bytes('x') }]),
    'that is encrypted': office([{ name: 'word/a', data: bytes('x'), flags: 1 }]),
    'that is another archive': zip([{ name: 'x', data: bytes('x') }]),
  }
  test.each(Object.keys(bombs))('a document %s is refused', async (name) => {
    const one = { ...sample('a.docx'), bytes: bombs[name] ?? bytes() }
    expect(await verdict(library(), one)).toMatch(/^file-/)
  })

  test('a picture that breaks off is refused as damaged', async () => {
    for (const name of ['a.png', 'a.jpg', 'a.gif', 'a.webp', 'a.avif']) {
      const one = sample(name)
      const half = { ...one, bytes: one.bytes.slice(0, one.bytes.length / 2) }
      expect([name, await verdict(library(), half)]).toEqual([name, 'file-damaged'])
    }
  })
})

describe('what is stored', () => {
  test('a photo loses its metadata and is turned as they said', async () => {
    const photo = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'red' } })
      .withExif({ IFD0: { Copyright: 'SECRET' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    const assets = library()
    const { asset } = await add(assets, { ...sample('a.jpg'), bytes: bytes(photo) })
    const kept = await sharp(await served(assets, asset.url)).metadata()
    expect([asset.width, asset.height]).toEqual([40, 60])
    expect([kept.width, kept.height, kept.exif, kept.orientation]).toEqual([
      40,
      60,
      undefined,
      undefined,
    ])
  })

  test('a refused file leaves nothing behind', async () => {
    const assets = library()
    await verdict(assets, { ...sample('a.png'), bytes: bytes('<html>') })
    expect(await assets.uploads(alice)).toEqual([])
    expect((await assets.list(alice)).assets).toEqual([])
  })
})

const material = path.join(root, '../shared/material/generated')
describe.skipIf(!existsSync(material))('with ../shared/material', () => {
  const files: readonly (readonly [file: string, type: string, name: string])[] = [
    ['bomb-20000x20000-1bit.png', 'image/png', 'a.png'],
    ['lying-header-65535.png', 'image/png', 'a.png'],
    ['ztxt-bomb-100MB.png', 'image/png', 'a.png'],
    ['png-then-html.png', 'image/png', 'a.png'],
    ['html-named.png', 'image/png', 'a.png'],
    ['gif-js-polyglot.gif', 'image/gif', 'a.gif'],
    ['gzip-bomb-100MB.json.gz', 'application/gzip', 'a.json.gz'],
    ['gzip-bomb-100MB.json.gz', 'image/svg+xml', 'a.svg'],
    ['bom-html.txt', 'text/plain', 'a.txt'],
    ['svg-billion-laughs.svg', 'image/svg+xml', 'a.svg'],
  ]
  test.each(files)('%s as %s is refused', async (file, type, name) => {
    const content = bytes(readFileSync(path.join(material, file)))
    expect(await verdict(library(), { name, type, bytes: content })).not.toMatch(
      /taken|not a refusal/,
    )
  })

  test('svg-script.svg is stored without its scripts', async () => {
    const content = bytes(readFileSync(path.join(material, 'svg-script.svg')))
    const assets = library()
    const { asset } = await add(assets, { name: 'a.svg', type: 'image/svg+xml', bytes: content })
    const kept = Buffer.from(await served(assets, asset.url)).toString()
    expect(kept).not.toMatch(/pwned|script|foreign|onload|href/i)
    expect(asset.notes.join()).toContain('script')
  })

  test('tiny.png is taken', async () => {
    const content = bytes(readFileSync(path.join(material, 'tiny.png')))
    expect(await verdict(library(), { name: 'a.png', type: 'image/png', bytes: content })).toBe(
      'taken',
    )
  })
})

test('a small SVG is taken as it is', async () => {
  const { asset } = await add(library(), { ...sample('a.svg'), bytes: svg() })
  expect([asset.notes, asset.width, asset.height]).toEqual([[], 40, 30])
})
