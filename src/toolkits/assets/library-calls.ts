import type { Asset } from './asset.ts'
import type { AssetKind } from './file-types.ts'

/** What makes an asset of an upload. */
export interface AddOptions {
  readonly uploadId: string
  /** What the picture shows, for those who do not see it. */
  readonly alt?: string | undefined
  /** Whoever makes it, such as the key of a call: remembered, to know its own work again. */
  readonly key?: string
  readonly signal?: AbortSignal
  /** How many of the files of the asset are made. */
  readonly progress?: (done: number, total: number) => void
}

export interface Added {
  readonly asset: Asset
  /** Whether it was made, or brought back, under the `key` that was given. */
  readonly isOwn: boolean
}

export interface ListOptions {
  readonly kind?: AssetKind | undefined
  /** A part of the name or of the alt text, in any case. */
  readonly query?: string | undefined
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined
  /** 1 to 100. Default: 20. */
  readonly limit?: number | undefined
}

export interface AssetPage {
  readonly assets: readonly Asset[]
  readonly nextCursor?: string
}
