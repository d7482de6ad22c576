// One library over the storages that people have: what comes in is found, shown, used, deleted and brought back.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { createStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import memoryDriver from 'unstorage/drivers/memory'
import { afterAll, describe, expect, test } from 'vitest'
import { virtualClock } from '../../../src/testing/index.ts'
import { fileStorage } from '../../../src/toolkits/assets/files.ts'
import {
  type Asset,
  AssetLibrary,
  type AssetStorage,
  unstorageStorage,
} from '../../../src/toolkits/assets.ts'
import { add, alice, bob, library, served, stream, verdict } from './rig.ts'
import { type Sample, bytes, samples, svg } from './samples.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'assets-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let folders = 0
const fresh = (): string => path.join(folder, String(folders++))

const storages: Readonly<Record<string, () => AssetStorage>> = {
  'the file system': () => fileStorage(fresh()),
  'unstorage in memory': () => unstorageStorage(createStorage({ driver: memoryDriver() })),
  'unstorage on files': () =>
    unstorageStorage(createStorage({ driver: fsDriver({ base: fresh() }) })),
}

const all = await samples()
const sample = (name: string): Sample =>
  all.find((one) => one.name === name) ?? { name, type: '', bytes: bytes() }
const note = (at: number | string): Sample => ({
  name: `${at}.txt`,
  type: 'text/plain',
  bytes: bytes(`note ${at}\n`),
})
const texts = ({ assets }: { readonly assets: readonly Asset[] }): string[] =>
  assets.map(({ name }) => name)
const code = async (task: Promise<unknown>): Promise<unknown> =>
  task.then(
    () => 'none',
    (cause: unknown) => (cause as { readonly code?: string }).code ?? cause,
  )

describe.each(Object.keys(storages))('over %s', (name) => {
  const storage = (): AssetStorage => storages[name]?.() ?? fileStorage(fresh())

  test('a picture is served in each format and width, with a srcset', async () => {
    const assets = library({
      storage: storage(),
      baseURL: 'https://cdn.example/a/',
      variants: { widths: [16, 32, 500], formats: ['avif', 'webp', 'jpeg'] },
    })
    const { asset } = await add(assets, sample('a.png'))
    expect(asset).toMatchObject({ kind: 'image', type: 'image/jpeg', width: 64, height: 48 })
    expect(asset.url).toMatch(
      /^https:\/\/cdn\.example\/a\/[\da-f]{16}\/\w{33}\/w64-[\da-f]{16}\.\d+\.jpg$/,
    )
    expect(asset.sources?.map(({ type }) => type)).toEqual([
      'image/avif',
      'image/webp',
      'image/jpeg',
    ])
    for (const { type, srcset } of asset.sources ?? []) {
      for (const [index, entry] of srcset.split(', ').entries()) {
        const [url = '', width] = entry.split(' ')
        expect(width).toBe(`${[16, 32, 64][index]}w`)
        const found = await sharp(await served(assets, url)).metadata()
        expect([found.mediaType, found.width]).toEqual([type, Number.parseInt(width ?? '', 10)])
      }
    }
  })

  test('documents and videos are served as they came', async () => {
    const assets = library({ storage: storage() })
    for (const one of all.filter(({ type }) => !type.startsWith('image/'))) {
      const { asset } = await add(assets, one)
      expect(await served(assets, asset.url)).toEqual(one.bytes)
      expect([asset.type, asset.bytes]).toEqual([one.type, one.bytes.length])
    }
  })

  test('what was deleted is served no longer, comes back whole, and is gone for good when purged', async () => {
    const assets = library({ storage: storage() })
    const { asset } = await add(assets, sample('a.png'))
    await assets.delete(alice, asset.id)
    await expect(served(assets, asset.url)).rejects.toThrow('Nothing is served')
    expect(await code(assets.get(alice, asset.id))).toBe('asset-not-found')
    expect(texts(await assets.list(alice))).toEqual([])
    expect(await assets.restore(alice, asset.id)).toEqual(asset)
    expect((await served(assets, asset.url)).length).toBe(asset.bytes)
    await assets.delete(alice, asset.id)
    await assets.purge(alice)
    expect((await assets.restore(alice, asset.id)).id).toBe(asset.id)
    await assets.delete(alice, asset.id)
    await assets.purge(alice, { all: true })
    expect(await code(assets.restore(alice, asset.id))).toBe('changed')
  })

  test('a part of an owner is found by no other', async () => {
    const assets = library({ storage: storage() })
    const { asset } = await add(assets, note('secret'))
    const { uploadId } = await assets.receive(alice, { ...note(2), body: stream(note(2).bytes) })
    expect(await code(assets.get(bob, asset.id))).toBe('asset-not-found')
    expect(await code(assets.delete(bob, asset.id, { force: true }))).toBe('asset-not-found')
    expect(await code(assets.restore(bob, asset.id))).toBe('changed')
    expect(await code(assets.add(bob, { uploadId }))).toBe('upload-not-found')
    expect([await assets.uploads(bob), texts(await assets.list(bob))]).toEqual([[], []])
    for (const id of ['', '../x', `../${asset.id}`, `${asset.id}/..`, '__proto__', 'x'.repeat(33)])
      expect(await code(assets.get(alice, id))).toBe('asset-not-found')
  })

  test('it is deleted where it is used only by force, and the places are named', async () => {
    const pages = new Map<string, string>()
    const assets = library({
      storage: storage(),
      usage: (asset) =>
        [...pages].filter(([, html]) => html.includes(asset.id)).map(([page]) => page),
    })
    const { asset } = await add(assets, sample('a.svg'))
    pages.set('page /start', `<img src="${asset.url}">`)
    await assets.recordUse(alice, asset.id, 'newsletter 7')
    await assets.recordUse(alice, asset.id, 'newsletter 7')
    await expect(assets.delete(alice, asset.id)).rejects.toThrow('page /start, newsletter 7')
    expect(await assets.usesOf(alice, asset.id)).toEqual(['page /start', 'newsletter 7'])
    pages.clear()
    expect(await code(assets.delete(alice, asset.id))).toBe('asset-in-use')
    await assets.removeUse(alice, asset.id, 'newsletter 7')
    await assets.recordUse(alice, asset.id, 'newsletter 8')
    expect((await assets.delete(alice, asset.id, { force: true })).uses).toEqual(['newsletter 8'])
  })

  test('lists come in pages, the newest first, by kind and by words', async () => {
    const world = virtualClock()
    const assets = library({ storage: storage(), world })
    for (let at = 0; at < 7; at++) {
      await add(assets, note(at))
      await world.advance(1)
    }
    await add(assets, { ...sample('a.svg'), name: 'Logo.svg' })
    const first = await assets.list(alice, { kind: 'document', limit: 4 })
    const second = await assets.list(alice, {
      kind: 'document',
      limit: 4,
      cursor: first.nextCursor,
    })
    expect(texts(first)).toEqual(['6.txt', '5.txt', '4.txt', '3.txt'])
    expect([texts(second), second.nextCursor]).toEqual([['2.txt', '1.txt', '0.txt'], undefined])
    expect(texts(await assets.list(alice, { query: 'LOGO' }))).toEqual(['Logo.svg'])
    expect(texts(await assets.list(alice, { query: 'what logo' }))).toEqual(['Logo.svg'])
  })
})

test('1,000 files are taken, listed and bounded, and each costs as much as the first', async () => {
  let lists = 0
  const storage = unstorageStorage(createStorage())
  const assets = library({
    storage: {
      ...storage,
      list: (prefix) => {
        lists += prefix.startsWith('files/') ? 1 : 0
        return storage.list(prefix)
      },
    },
    world: virtualClock(),
  })
  for (let at = 0; at < 1_000; at++) await add(assets, note(at))
  expect(lists).toBe(1)
  expect(await verdict(assets, note('one more'))).toBe('quota-exceeded')
  const seen = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await assets.list(alice, { limit: 100, cursor })
    expect(page.assets.length).toBeLessThanOrEqual(100)
    for (const { id } of page.assets) seen.add(id)
    cursor = page.nextCursor
  } while (cursor)
  expect(seen.size).toBe(1_000)
  await assets.delete(alice, [...seen][500] ?? '')
  expect(await verdict(assets, note('one more'))).toBe('taken')
  expect(await verdict(assets, note('and another'))).toBe('quota-exceeded')
}, 60_000)

test('files that come in at once keep the bounds as if one by one', async () => {
  const assets = library({ limits: { maxAssets: 5, maxUploads: 8, concurrency: 3 } })
  const received = await Promise.allSettled(
    Array.from({ length: 20 }, (_, at) =>
      assets.receive(alice, { ...note(at), body: stream(note(at).bytes) }),
    ),
  )
  const ids = received.flatMap((one) => (one.status === 'fulfilled' ? [one.value.uploadId] : []))
  expect(ids).toHaveLength(8)
  const added = await Promise.allSettled(ids.map((uploadId) => assets.add(alice, { uploadId })))
  expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
  expect((await assets.list(alice)).assets).toHaveLength(5)
})

test('a total of bytes is kept, by what is stored and not by what came', async () => {
  const assets = library({ limits: { maxTotalBytes: 3_000 } })
  const one = (at: number): Sample => ({ ...note(at), bytes: bytes('x'.repeat(1_400)) })
  expect([await verdict(assets, one(1)), await verdict(assets, one(2))]).toEqual(['taken', 'taken'])
  expect(await verdict(assets, one(3))).toBe('quota-exceeded')
  expect(await verdict(assets, note('small'))).toBe('taken')
})

test('a file that is larger than its kind may be is refused', async () => {
  const assets = library({ limits: { maxDocumentBytes: 100 } })
  const one = { ...note('a'), bytes: bytes('x'.repeat(101)) }
  expect(await verdict(assets, one)).toBe('too-large')
  expect(await verdict(assets, { ...one, bytes: bytes('x'.repeat(100)) })).toBe('taken')
})

test('the same upload is the same asset, also at the same time, and after it was deleted', async () => {
  const assets = library()
  const { bytes: content, ...claims } = sample('a.png')
  const { uploadId } = await assets.receive(alice, { ...claims, body: stream(content) })
  const twice = await Promise.all(
    ['k1', 'k2'].map((key) => assets.add(alice, { uploadId, key, alt: 'x' })),
  )
  expect(twice.map(({ asset, isOwn }) => [asset.id, isOwn])).toEqual([
    [uploadId, true],
    [uploadId, false],
  ])
  await assets.delete(alice, uploadId)
  const again = await assets.add(alice, { uploadId, key: 'k3', alt: 'y' })
  expect(again).toMatchObject({ asset: { ...twice[0]?.asset, alt: 'y' }, isOwn: true })
})

test('uploads that nobody takes go after their time', async () => {
  const world = virtualClock()
  const assets = library({ world, limits: { maxUploads: 1, keepUploadsMs: 1_000 } })
  const receive = (): Promise<unknown> =>
    assets.receive(alice, { ...note(1), body: stream(note(1).bytes) })
  await receive()
  expect(await code(receive())).toBe('too-many')
  await world.advance(1_001)
  await receive()
  expect(await assets.uploads(alice)).toHaveLength(1)
})

test('work that is broken off leaves no part of an asset, and the upload for another try', async () => {
  const root = fresh()
  const assets = library({ storage: fileStorage(root) })
  const { bytes: content, ...claims } = sample('a.png')
  const { uploadId } = await assets.receive(alice, { ...claims, body: stream(content) })
  const stop = new AbortController()
  const progress = (done: number): void => {
    if (done === 2) stop.abort()
  }
  await expect(assets.add(alice, { uploadId, signal: stop.signal, progress })).rejects.toThrow(
    /abort/i,
  )
  const kept = readdirSync(root, { recursive: true, withFileTypes: true })
  expect(
    kept
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual([`${uploadId}.bin`, `${uploadId}.json`])
  expect((await assets.add(alice, { uploadId })).asset.id).toBe(uploadId)
})

test('a file whose stream breaks leaves nothing on the disk', async () => {
  const root = fresh()
  const assets = library({
    storage: fileStorage(root),
    limits: { maxVideoBytes: 1_000, maxImageBytes: 1, maxDocumentBytes: 1 },
  })
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(100)),
  })
  expect(await code(assets.receive(alice, { name: 'a.mp4', type: '', body: endless }))).toBe(
    'too-large',
  )
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error('The line is cut.')),
  })
  await expect(assets.receive(alice, { name: 'a', type: '', body: broken })).rejects.toThrow('cut')
  const kept = readdirSync(root, { recursive: true, withFileTypes: true })
  expect(kept.filter((entry) => entry.isFile())).toEqual([])
})

test('a film keeps moving, and a picture that one can see through stays so', async () => {
  const assets = library()
  const frame = { width: 8, height: 8, channels: 4 as const }
  const film = await sharp(
    [
      { create: { ...frame, background: '#f00' } },
      { create: { ...frame, background: '#00f' } },
    ] as never,
    { join: { animated: true } },
  )
    .gif({ delay: [100, 100] })
    .toBuffer()
  const clear = await sharp({ create: { ...frame, background: '#f008' } })
    .webp()
    .toBuffer()
  const moving = (await add(assets, { ...sample('a.gif'), bytes: bytes(film) })).asset
  const still = (await add(assets, { ...sample('a.webp'), bytes: bytes(clear) })).asset
  expect([moving.type, moving.height, still.type]).toEqual(['image/webp', 8, 'image/png'])
  expect((await sharp(await served(assets, moving.url)).metadata()).pages).toBe(2)
})

test('a picture wider than the widest is made smaller, and that is told', async () => {
  const assets = library({ variants: { maxWidth: 40, widths: [20], formats: ['webp'] } })
  const { asset } = await add(assets, sample('a.jpg'))
  expect([asset.notes, asset.width]).toEqual([['Made 40 pixels wide; it had 64.'], 64])
  expect((await sharp(await served(assets, asset.url)).metadata()).width).toBe(40)
})

test('without an image processor pictures are refused, and SVG is taken', async () => {
  const assets = new AssetLibrary({ storage: unstorageStorage(createStorage()) })
  expect(await verdict(assets, sample('a.png'))).toBe('images-unsupported')
  expect(await verdict(assets, { ...sample('a.svg'), bytes: svg() })).toBe('taken')
})

test('a library says what is wrong with its options', () => {
  expect(() => library({ accept: ['image/bmp'] })).toThrow(
    'The type "image/bmp" cannot be checked.',
  )
  expect(() => library({ limits: { maxAssets: 0 } })).toThrow('The limit "maxAssets" is 0.')
})

test('files cannot be kept under a key that leaves the folder', async () => {
  const storage = fileStorage(fresh())
  for (const key of ['../x', '/x', 'a/../../x', 'a//b', 'a\\b', '.x', 'a/.x', 'A', 'a\0'])
    await expect(storage.put(key, bytes('x'))).rejects.toThrow('no key of an asset')
})
