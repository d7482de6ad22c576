// Prints by how many bytes this process grew at most over each bomb.
import { deflateSync } from 'node:zlib'
import { library, verdict } from './rig.ts'
import { type Sample, behindHeader, bytes, chunk, claimedPng, office, samples } from './samples.ts'

const type = 'image/png'
const [png, , , , , , , , , , , , , docx] = await samples()
if (!png || !docx) throw new Error('The samples are there.')
const packed = deflateSync(new Uint8Array(100_000_000))
const zeros = new Uint8Array(100_000_000)
const hidden = office([{ name: 'word/a', data: zeros, size: 50_000 }])
const told = office([{ name: 'word/a', data: zeros }])
const text = behindHeader(png.bytes, chunk('zTXt', bytes('k\0\0', packed)))
const bombs: Readonly<Record<string, Sample>> = {
  pixels: { name: 'a.png', type, bytes: claimedPng(20_000, 20_000) },
  text: { name: 'a.png', type, bytes: text },
  hidden: { ...docx, bytes: hidden },
  told: { ...docx, bytes: told },
}

const found: Record<string, { outcome: string; grewBy: number }> = {}
const assets = library()
// The code of each way is loaded before it is measured.
await verdict(assets, png)
await verdict(assets, docx)
for (const [name, bomb] of Object.entries(bombs)) {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let most = before
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 1)
  const outcome = await verdict(assets, bomb)
  clearInterval(watch)
  found[name] = { outcome, grewBy: Math.max(most, process.memoryUsage.rss()) - before }
}
console.log(JSON.stringify(found))
