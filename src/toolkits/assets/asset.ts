import type { AssetKind } from './file-types.ts'
import { type AssetRecord, type StoredFile, keys } from './records.ts'

/** One format of a picture, for a `<source>` or an `<img>`. */
export interface AssetSource {
  readonly type: string
  readonly srcset: string
}

/** An asset as tools and apps see it. */
export interface Asset {
  readonly id: string
  readonly kind: AssetKind
  /** The media type of what `url` gives. */
  readonly type: string
  readonly name: string
  readonly alt: string
  readonly url: string
  /** Of what `url` gives. */
  readonly bytes: number
  /** In pixels, of what was uploaded. */
  readonly width?: number
  readonly height?: number
  /** The best format first; absent where there is but one file. */
  readonly sources?: readonly AssetSource[]
  /** What was changed or taken out when it was stored. */
  readonly notes: readonly string[]
  /** In ISO 8601. */
  readonly createdAt: string
}

/** An upload that no tool has made an asset of. */
export interface Upload {
  readonly uploadId: string
  readonly name: string
  /** As the client declared it. */
  readonly type: string
  readonly bytes: number
}

/** What the world sees of a record; addresses begin with `baseURL`. */
export function assetOf(record: AssetRecord, owner: string, baseURL: string): Asset {
  const { id, kind, name, alt, width, height, notes, files, createdAt } = record
  const main = files.at(-1)
  const address = (file: StoredFile): string =>
    `${baseURL}/${keys.files(owner, id).slice('files/'.length)}${file.name}`
  return {
    id,
    kind,
    type: main?.type ?? record.type,
    name,
    alt,
    url: main ? address(main) : '',
    bytes: main?.bytes ?? 0,
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(files.length > 1 && { sources: sourcesOf(files, address) }),
    notes,
    createdAt: new Date(createdAt).toISOString(),
  }
}

function sourcesOf(
  files: readonly StoredFile[],
  address: (file: StoredFile) => string,
): readonly AssetSource[] {
  return [...new Set(files.map(({ type }) => type))].map((type) => ({
    type,
    srcset: files
      .filter((file) => file.type === type)
      .map((file) => `${address(file)} ${file.width}w`)
      .join(', '),
  }))
}
