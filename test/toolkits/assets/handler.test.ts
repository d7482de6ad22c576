// The way of the bytes: in by a request, out by an address, and nothing that comes out runs.
import { expect, test } from 'vitest'
import { assetHandler } from '../../../src/toolkits/assets.ts'
import { add, alice, library } from './rig.ts'
import { type Sample, bytes, samples, svg } from './samples.ts'

const site = 'https://site.example'
const all = await samples()
const sample = (name: string): Sample =>
  all.find((one) => one.name === name) ?? { name, type: '', bytes: bytes() }

const authenticate = (request: Request): unknown =>
  request.headers.get('authorization') === 'Bearer alice' ? alice : null

const post = ({ name, type, bytes: body }: Sample, headers: Record<string, string> = {}): Request =>
  new Request(`${site}/assets/uploads`, {
    method: 'POST',
    body,
    headers: {
      authorization: 'Bearer alice',
      'content-type': type,
      'x-file-name': encodeURIComponent(name),
      ...headers,
    },
  })

test('an attached file comes in by a request, and is an asset once a tool takes it', async () => {
  const assets = library()
  const handle = assetHandler(assets, { authenticate })
  const response = await handle(post({ ...sample('a.png'), name: 'Größe 1.png' }))
  const upload = (await response.json()) as { readonly uploadId: string }
  expect([response.status, upload]).toEqual([
    201,
    {
      uploadId: expect.any(String) as string,
      name: 'Größe 1.png',
      type: 'image/png',
      bytes: sample('a.png').bytes.length,
    },
  ])
  expect(await assets.uploads(alice)).toEqual([upload])
  const { asset } = await assets.add(alice, { uploadId: upload.uploadId })
  const got = await handle(new Request(site + asset.url))
  expect([got.status, got.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
  expect((await got.arrayBuffer()).byteLength).toBe(asset.bytes)
})

test('who does not sign in, name the file or keep the bounds puts nothing in', async () => {
  const assets = library({
    limits: { maxImageBytes: 100, maxVideoBytes: 100, maxDocumentBytes: 100, maxUploads: 1 },
  })
  const handle = assetHandler(assets, { authenticate })
  const small = { ...sample('a.txt'), bytes: bytes('x') }
  const large = { ...small, bytes: bytes('x'.repeat(101)) }
  const status = async (request: Request): Promise<number> => (await handle(request)).status
  expect(await status(post(small, { authorization: '' }))).toBe(401)
  expect(await status(post(small, { 'x-file-name': '' }))).toBe(400)
  expect(await status(post(small, { 'x-file-name': '%zz' }))).toBe(400)
  expect(await status(post(large))).toBe(413)
  expect(await status(post(large, { 'content-length': '101' }))).toBe(413)
  expect(await status(new Request(`${site}/assets/uploads`))).toBe(405)
  expect(await assets.uploads(alice)).toEqual([])
  expect([await status(post(small)), await status(post(small))]).toEqual([201, 429])
})

test('nothing that is served runs, whatever it is', async () => {
  const assets = library({ accept: [...all.map(({ type }) => type), 'text/html'] })
  const handle = assetHandler(assets, { authenticate })
  const page = { name: 'a.html', type: 'text/html', bytes: bytes('<script>alert(1)</script>') }
  for (const one of [...all, page, { ...sample('a.svg'), bytes: svg('<script/>') }]) {
    const { asset } = await add(assets, one)
    const { headers } = await handle(new Request(site + asset.url))
    const get = (name: string): string => headers.get(name) ?? ''
    expect(get('content-security-policy')).toMatch(/default-src 'none'.*; sandbox$/)
    expect(get('x-content-type-options')).toBe('nosniff')
    expect(get('cross-origin-resource-policy')).toBe('same-origin')
    expect(get('content-type')).not.toMatch(/html|javascript|octet/)
    const isShown = /^(?:image\/(?!svg)|video)/.test(get('content-type'))
    expect(get('content-disposition')).toMatch(isShown ? /^inline; / : /^attachment; /)
    expect(get('cache-control')).toBe('public, max-age=31536000, immutable')
  }
})

test('a name cannot break out of the header, and has the ending of what is served', async () => {
  const assets = library()
  const name = `a"; filename=x.exe\r\nset-cookie: a=b'(*).txt`
  const { asset } = await add(assets, { ...sample('a.txt'), name })
  const { headers } = await assetHandler(assets, { authenticate })(new Request(site + asset.url))
  expect(headers.get('set-cookie')).toBeNull()
  expect(headers.get('content-disposition')).toMatch(
    /^attachment; filename\*=UTF-8''[\w.%-]+\.txt$/,
  )
})

test('a film is served in ranges, and a copy that is known is not sent again', async () => {
  const assets = library()
  const handle = assetHandler(assets, { authenticate })
  const film = sample('a.mp4').bytes
  const { asset } = await add(assets, sample('a.mp4'))
  const get = (headers: Record<string, string>, method = 'GET'): Promise<Response> =>
    handle(new Request(site + asset.url, { headers, method }))
  const cases: readonly (readonly [range: string, start: number, end: number])[] = [
    ['bytes=0-9', 0, 10],
    ['bytes=10-', 10, film.length],
    ['bytes=-5', film.length - 5, film.length],
    ['bytes=5-999999', 5, film.length],
    [`bytes=${film.length - 1}-`, film.length - 1, film.length],
  ]
  for (const [range, start, end] of cases) {
    const part = await get({ range })
    expect([part.status, part.headers.get('content-range')]).toEqual([
      206,
      `bytes ${start}-${end - 1}/${film.length}`,
    ])
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(film.slice(start, end))
  }
  for (const range of [`bytes=${film.length}-`, 'bytes=9-2', 'bytes=-0'])
    expect((await get({ range })).status).toBe(416)
  for (const range of ['bytes=0-1,3-4', 'lines=1-2', 'bytes=-', 'bytes=a-b'])
    expect((await get({ range })).status).toBe(200)
  const etag = (await get({})).headers.get('etag') ?? ''
  expect((await get({ 'if-none-match': etag })).status).toBe(304)
  expect((await get({ range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200)
  const head = await get({}, 'HEAD')
  expect([head.headers.get('content-length'), await head.text()]).toEqual([String(film.length), ''])
})

test('what is no file of an asset is not there, and looks alike for all', async () => {
  const assets = library()
  const { asset } = await add(assets, sample('a.txt'))
  const { uploadId } = await assets.receive(alice, {
    name: 'a.txt',
    type: '',
    body: new Blob(['secret']).stream(),
  })
  const handle = assetHandler(assets, {
    authenticate,
    mayRead: (request) => request.headers.has('authorization'),
  })
  const [owner = '', id = '', file = ''] = asset.url.split('/').slice(-3)
  const paths = [
    '/assets',
    '/assets/',
    '/',
    `/assets/${owner}`,
    `/assets/${owner}/${id}`,
    `/assets/${owner}/${id}/x`,
    `/assets/${owner}/${id}/${file}/x`,
    `/assets/${owner}/${id}/..%2f${id}%2f${file}`,
    `/assets/${owner.replace(/^./, 'g')}/${id}/${file}`,
    `/assets/${owner}/${uploadId}/${uploadId}.bin`,
    `/assets/uploads/${owner}/${uploadId}.bin`,
    `/assets/records/${owner}/${id}.json`,
    `/assets/${owner}/__proto__/${file}`,
    // Without the right to read.
    asset.url,
  ]
  const answers = new Set<string>()
  for (const one of paths) {
    const response = await handle(new Request(site + one))
    answers.add(JSON.stringify([response.status, [...response.headers], await response.text()]))
  }
  expect(answers.size).toBe(1)
  const allowed = await handle(new Request(site + asset.url, { headers: { authorization: 'x' } }))
  expect([allowed.status, allowed.headers.get('cache-control')]).toEqual([
    200,
    'private, max-age=31536000, immutable',
  ])
  expect((await handle(new Request(site + asset.url, { method: 'DELETE' }))).status).toBe(405)
})

test('what breaks in a storage is told to the host, and not to the client', async () => {
  const errors: unknown[] = []
  const fault = new Error('secret path')
  const broken = library({
    storage: {
      put: () => Promise.reject(fault),
      get: () => Promise.reject(fault),
      remove: () => Promise.reject(fault),
      list: () => Promise.resolve([]),
    },
  })
  const handle = assetHandler(broken, { authenticate, onError: (error) => errors.push(error) })
  const response = await handle(post(sample('a.txt')))
  expect([response.status, errors]).toEqual([500, [fault]])
  expect(await response.text()).not.toContain('secret')
})
