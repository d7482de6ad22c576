import { createWriteStream, openAsBlob } from 'node:fs'
import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type World, systemWorld } from '../../base/index.ts'
import type { AssetStorage } from './storage.ts'

const legalKey = /^[a-z0-9_-][a-z0-9._-]*(?:\/[a-z0-9_-][a-z0-9._-]*)*$/

/**
 * Keeps assets as files under `folder`, which is made where it is missing. A file is written aside and renamed when
 * it is whole and on the disk. Give it a folder of its own, which no web server serves.
 */
export function fileStorage(
  folder: string,
  { world = systemWorld }: { readonly world?: World } = {},
): AssetStorage {
  const root = path.resolve(folder)
  const aside = path.join(root, '.unfinished')
  const fileOf = (key: string): string => {
    if (!legalKey.test(key)) throw new TypeError(`"${key}" is no key of an asset.`)
    return path.join(root, ...key.split('/'))
  }
  return {
    async put(key, data) {
      const target = fileOf(key)
      const unfinished = path.join(aside, world.randomId())
      await mkdir(aside, { recursive: true })
      try {
        await pipeline(data instanceof Uint8Array ? [data] : data, createWriteStream(unfinished))
        await flush(unfinished)
        await mkdir(path.dirname(target), { recursive: true })
        await rename(unfinished, target)
      } finally {
        await rm(unfinished, { force: true })
      }
    },
    async get(key) {
      try {
        return await openAsBlob(fileOf(key))
      } catch (cause) {
        if (isMissing(cause)) return undefined
        throw cause
      }
    },
    async remove(key) {
      const target = fileOf(key)
      await rm(target, { force: true })
      // The folder of an asset goes with its last file; one that still has some stays.
      await rmdir(path.dirname(target)).catch(() => undefined)
    },
    async list(prefix) {
      const start = fileOf(prefix.replace(/\/$/, ''))
      const found = await readdir(start, { recursive: true, withFileTypes: true }).catch(
        (cause: unknown) => {
          if (isMissing(cause)) return []
          throw cause
        },
      )
      return found
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
        .map((file) => file.split(path.sep).join('/'))
    },
  }
}

async function flush(file: string): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** `openAsBlob` tells of a missing file by an error of its own. */
function isMissing(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ERR_INVALID_ARG_VALUE'
}
