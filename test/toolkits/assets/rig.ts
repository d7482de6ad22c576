import sharp from 'sharp'
import { createStorage } from 'unstorage'
import {
  type Added,
  AssetLibrary,
  type AssetLibraryOptions,
  sharpImages,
  unstorageStorage,
} from '../../../src/toolkits/assets.ts'
import type { Bytes, Sample } from './samples.ts'

export const alice = { id: 'alice' }
export const bob = { id: 'bob' }

/** Small pictures in two sizes, in the memory of a real storage. */
export function library(options: Partial<AssetLibraryOptions> = {}): AssetLibrary {
  return new AssetLibrary({
    storage: unstorageStorage(createStorage()),
    images: sharpImages(sharp),
    variants: { widths: [32], formats: ['webp', 'jpeg'] },
    ...options,
  })
}

export const stream = (content: Bytes): ReadableStream<Uint8Array> => new Blob([content]).stream()

/** All the way in: received, checked and stored. */
export async function add(
  assets: AssetLibrary,
  { name, type, bytes }: Sample,
  principal: unknown = alice,
): Promise<Added> {
  const { uploadId } = await assets.receive(principal, { name, type, body: stream(bytes) })
  return assets.add(principal, { uploadId, alt: `What ${name} shows` })
}

/** The code that a refusal has, or `taken`. */
export async function verdict(assets: AssetLibrary, sample: Sample): Promise<string> {
  try {
    await add(assets, sample)
    return 'taken'
  } catch (cause) {
    return cause instanceof Error && 'messageForModel' in cause && 'code' in cause
      ? String(cause.code)
      : `not a refusal: ${String(cause)}`
  }
}

/** What of an asset is stored, as it is served. */
export async function served(assets: AssetLibrary, url: string): Promise<Bytes> {
  const [owner = '', id = '', name = ''] = url.split('/').slice(-3)
  const found = await assets.open(owner, id, name)
  if (!found) throw new Error(`Nothing is served at ${url}.`)
  return new Uint8Array(await found.blob.arrayBuffer())
}
