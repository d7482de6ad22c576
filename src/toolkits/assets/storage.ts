/**
 * Where the bytes of assets are: the file system (`toolwire/toolkits/assets/files`), whatever `unstorage` drives
 * (`unstorageStorage`), or your own. Keys are made by the library: segments of `a-z`, `0-9`, `.`, `-` and `_`, parted
 * by `/`, and no segment begins with a dot.
 */
export interface AssetStorage {
  /**
   * Keeps all of `data` under `key`, in place of what stood there. Where it rejects, or the process dies on the way,
   * readers go on seeing what was there before.
   */
  put(key: string, data: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>): Promise<void>
  /** What stands under `key`, to be read whole or in slices; undefined where nothing does. */
  get(key: string): Promise<Blob | undefined>
  /** Removes what stands under `key`; nothing there is no failure. */
  remove(key: string): Promise<void>
  /** All keys that begin with `prefix`, which ends in `/`, in any order. */
  list(prefix: string): Promise<readonly string[]>
}

/** A whole value, for those who have it as text. */
export function textBytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

/** All of a blob, or a part of it; a part that lies behind its end is shorter. */
export async function bytesOf(
  blob: Blob,
  start = 0,
  end: number = blob.size,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.slice(start, end).arrayBuffer())
}
