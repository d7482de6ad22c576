import { ToolwireError, type World } from '../../base/index.ts'
import type { Awaitable } from '../../tools/index.ts'
import type { Asset } from './asset.ts'
import { type AssetKind, defaultAccept, fileTypeOf, fileTypes } from './file-types.ts'
import type { ImageProcessor } from './images.ts'
import type { ImageVariants } from './produce.ts'
import type { AssetStorage } from './storage.ts'

/** Bounds; sizes in bytes, times in milliseconds. */
export interface AssetLimits {
  /** Default: 20 MB for a picture, 200 MB for a video, 20 MB for a document. */
  readonly maxImageBytes: number
  readonly maxVideoBytes: number
  readonly maxDocumentBytes: number
  /** Of a picture, over all of its frames. Default: 40 million. */
  readonly maxPixels: number
  /** Of one owner. Default: 1,000 assets, 1 GB. */
  readonly maxAssets: number
  readonly maxTotalBytes: number
  /** Uploads of one owner that no tool has taken yet. Default: 100, each for a day. */
  readonly maxUploads: number
  readonly keepUploadsMs: number
  /** How long what was deleted can be restored, if its room is not needed. Default: 30 days. */
  readonly keepDeletedMs: number
  /** For each step of the work on a picture. Default: 20 s. */
  readonly timeoutMs: number
  /** How many files are worked on at a time. Default: 2. */
  readonly concurrency: number
}

export interface AssetLibraryOptions {
  readonly storage: AssetStorage
  /** What decodes and writes pictures, as `sharpImages(sharp)`; without it, none but SVG is taken. */
  readonly images?: ImageProcessor
  /** What addresses of files begin with, where `assetHandler` is mounted. Default: `/assets`. */
  readonly baseURL?: string
  /** Media types that are taken. Default: all that are known, but for HTML. */
  readonly accept?: readonly string[]
  readonly limits?: Partial<AssetLimits>
  readonly variants?: ImageVariants
  /**
   * Where an asset is used, for those who read it, as `['page /start']`; asked before it is deleted, beside what
   * `recordUse` knows. Every address of an asset has its id in it.
   */
  readonly usage?: (asset: Asset, principal: unknown) => Awaitable<readonly string[]>
  /**
   * Whose library a principal works with: all who share a name share assets and quota. Default: its `id`, and one
   * library for all without a principal.
   */
  readonly ownerOf?: (principal: unknown) => string
  readonly world?: World
}

const defaultLimits: AssetLimits = {
  maxImageBytes: 20_000_000,
  maxVideoBytes: 200_000_000,
  maxDocumentBytes: 20_000_000,
  maxPixels: 40_000_000,
  maxAssets: 1_000,
  maxTotalBytes: 1_000_000_000,
  maxUploads: 100,
  keepUploadsMs: 86_400_000,
  keepDeletedMs: 30 * 86_400_000,
  timeoutMs: 20_000,
  concurrency: 2,
}

export function limitsOf(given: Partial<AssetLimits> = {}): AssetLimits {
  const limits = { ...defaultLimits, ...given }
  for (const [name, value] of Object.entries(limits))
    if (!(value > 0))
      throw new ToolwireError('INVALID_OPTIONS', `The limit "${name}" is ${String(value)}.`, {
        hint: 'A limit is a number above zero.',
      })
  return limits
}

/** @throws ToolwireError `INVALID_OPTIONS` for a type that nothing here can check */
export function acceptOf(given: readonly string[] = defaultAccept): ReadonlySet<string> {
  const stranger = given.find((type) => !fileTypeOf(type))
  if (stranger === undefined) return new Set(given)
  throw new ToolwireError('INVALID_OPTIONS', `The type "${stranger}" cannot be checked.`, {
    hint: `What can be accepted: ${fileTypes.map(({ type }) => type).join(', ')}.`,
  })
}

export function maxBytesOf(kind: AssetKind, limits: AssetLimits): number {
  if (kind === 'video') return limits.maxVideoBytes
  return kind === 'image' ? limits.maxImageBytes : limits.maxDocumentBytes
}

export function defaultOwner(principal: unknown): string {
  const isNamed = typeof principal === 'object' && principal !== null && 'id' in principal
  return isNamed && typeof principal.id === 'string' ? `id ${principal.id}` : 'everybody'
}
