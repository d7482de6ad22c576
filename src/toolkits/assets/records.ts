import { sha256 } from '../../base/index.ts'
import type { AssetKind } from './file-types.ts'
import { type AssetStorage, bytesOf, textBytes } from './storage.ts'

/** One file of an asset, as it is stored and served. */
export interface StoredFile {
  /** The last segment of its key and of its address. */
  readonly name: string
  readonly type: string
  readonly bytes: number
  readonly width?: number
  readonly height?: number
}

/** All that is known of an asset; the format is kept readable for later versions. */
export interface AssetRecord {
  readonly version: 1
  readonly id: string
  readonly kind: AssetKind
  /** Of what was uploaded. */
  readonly type: string
  readonly name: string
  readonly alt: string
  /** The last is the one that everybody can show. */
  readonly files: readonly StoredFile[]
  readonly width?: number
  readonly height?: number
  /** What was changed or taken out, for people and models. */
  readonly notes: readonly string[]
  readonly createdAt: number
  /** Who made it of its upload, by a key of theirs. */
  readonly madeBy: string
  readonly deletedAt?: number
}

/** What an upload is, before it is an asset. */
export interface UploadRecord {
  readonly version: 1
  readonly id: string
  readonly name: string
  readonly type: string
  readonly bytes: number
}

const idPattern = /^[\da-z]{9}[\da-f]{24}$/

/** Ids sort by time, and 96 random bits make them impossible to guess. */
export function newId(now: number, random: string): string {
  return now.toString(36).padStart(9, '0') + random.slice(0, 24)
}

export function isId(id: string): boolean {
  return idPattern.test(id)
}

export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 9), 36)
}

/** Names whose library it is, without saying who that is. */
export function ownerKey(owner: string): string {
  return sha256(`toolwire assets of ${owner}`).slice(0, 16)
}

export const keys = {
  record: (owner: string, id = ''): string => `records/${owner}/${id && `${id}.json`}`,
  files: (owner: string, id = ''): string => `files/${owner}/${id && `${id}/`}`,
  uses: (owner: string, id: string, place = ''): string => `uses/${owner}/${id}/${place}`,
  deleted: (owner = '', id = ''): string => `deleted/${owner && `${owner}/`}${id}`,
  upload: (owner: string, name = ''): string => `uploads/${owner}/${name}`,
}

/** What stands under a key as JSON, if it is of the version that is known. */
export async function readRecord<Kind extends AssetRecord | UploadRecord>(
  storage: AssetStorage,
  key: string,
): Promise<Kind | undefined> {
  const blob = await storage.get(key)
  if (!blob) return undefined
  // Written by this library; what stands there of another version is an error of whoever mixes them.
  const record = JSON.parse(new TextDecoder().decode(await bytesOf(blob))) as Kind
  if (record.version !== 1) throw new TypeError(`"${key}" was written by a newer version.`)
  return record
}

export function writeRecord(
  storage: AssetStorage,
  key: string,
  record: AssetRecord | UploadRecord,
): Promise<void> {
  return storage.put(key, textBytes(JSON.stringify(record)))
}
