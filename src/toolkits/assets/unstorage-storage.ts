import type { AssetStorage } from './storage.ts'

/** What is needed of a storage made by `createStorage` of `unstorage`. */
export interface UnstorageLike {
  getItemRaw(key: string): Promise<unknown>
  setItemRaw(key: string, value: Uint8Array<ArrayBuffer>): Promise<void>
  removeItem(key: string): Promise<void>
  getKeys(base: string): Promise<readonly string[]>
}

/**
 * Keeps assets in any driver of `unstorage`: S3, R2, Redis, the memory. A driver takes and gives values whole, so that
 * a video is in memory while it is stored and while it is served; bound it by `limits.maxVideoBytes`.
 */
export function unstorageStorage(storage: UnstorageLike): AssetStorage {
  return {
    async put(key, data) {
      const whole = data instanceof Uint8Array ? data : await wholeOf(data)
      await storage.setItemRaw(key, whole)
    },
    async get(key) {
      const value = await storage.getItemRaw(key)
      return value === null || value === undefined ? undefined : new Blob([partOf(value, key)])
    },
    remove: (key) => storage.removeItem(key),
    async list(prefix) {
      // unstorage writes keys with colons, and a base without the last.
      const keys = await storage.getKeys(prefix.replace(/\/$/, '').replaceAll('/', ':'))
      return keys.map((key) => key.replaceAll(':', '/')).filter((key) => key.startsWith(prefix))
    },
  }
}

async function wholeOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(stream as ReadableStream<BufferSource>).arrayBuffer())
}

/** Drivers differ in what they give for bytes. */
function partOf(value: unknown, key: string): BlobPart {
  if (value instanceof ArrayBuffer || value instanceof Blob || typeof value === 'string')
    return value
  // A view of shared memory is none of what drivers give.
  if (ArrayBuffer.isView(value)) return value as ArrayBufferView<ArrayBuffer>
  throw new TypeError(`The driver gave no bytes for "${key}".`)
}
