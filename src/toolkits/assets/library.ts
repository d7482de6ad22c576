import { type World, sha256, systemWorld } from '../../base/index.ts'
import { type Asset, type Upload, assetOf } from './asset.ts'
import type { AddOptions, Added, AssetPage, ListOptions } from './library-calls.ts'
import { identify } from './checks/identify.ts'
import type { FileType } from './file-types.ts'
import { Lanes } from './lanes.ts'
import {
  type AssetLibraryOptions,
  type AssetLimits,
  acceptOf,
  defaultOwner,
  limitsOf,
  maxBytesOf,
} from './library-options.ts'
import { type Product, produce } from './produce.ts'
import { Quota } from './quota.ts'
import { type Work, recordOf } from './record-of.ts'
import {
  type AssetRecord,
  type StoredFile,
  type UploadRecord,
  isId,
  keys,
  ownerKey,
  readRecord,
  writeRecord,
} from './records.ts'
import { refusal } from './refusal.ts'
import { bytesOf, textBytes } from './storage.ts'
import { type IncomingFile, Uploads, tooLarge } from './uploads.ts'

/** How many records one page may read to find what fits; with more behind them, the page ends early. */
const mostRead = 500

/**
 * The assets of all owners: takes files in, checks them, makes of them what is served, and knows where they are used.
 * Each method works for the owner that a principal belongs to, and sees nothing of others.
 */
export class AssetLibrary {
  readonly limits: AssetLimits
  readonly baseURL: string
  readonly #options: AssetLibraryOptions
  readonly #accept: ReadonlySet<string>
  readonly #uploads: Uploads
  readonly #quota: Quota
  readonly #lanes: Lanes
  readonly #world: World

  /** @throws ToolwireError `INVALID_OPTIONS` for a limit that is none, or a type that nothing here can check */
  constructor(options: AssetLibraryOptions) {
    const { storage, world = systemWorld } = options
    this.#options = options
    this.#world = world
    this.limits = limitsOf(options.limits)
    this.baseURL = (options.baseURL ?? '/assets').replace(/\/+$/, '')
    this.#accept = acceptOf(options.accept)
    this.#uploads = new Uploads(storage, this.limits, world)
    this.#lanes = new Lanes(this.limits.concurrency)
    const makeRoom = (owner: string): Promise<boolean> => this.#purge(owner, Infinity)
    this.#quota = new Quota({ storage, world, makeRoom, ...this.limits })
  }

  /**
   * Takes a file in, as it is, until `add` makes an asset of it. Streams it into the storage.
   * @throws ToolError `too-large`, `too-many`
   */
  receive(principal: unknown, file: IncomingFile): Promise<Upload> {
    return this.#uploads.receive(this.#ownerOf(principal), file)
  }

  /** Uploads that are no assets yet, the newest first. */
  uploads(principal: unknown, limit = 20): Promise<readonly Upload[]> {
    return this.#uploads.list(this.#ownerOf(principal), limit)
  }

  /**
   * Makes an asset of an upload: the asset has the id of the upload, so that a second time gives the same asset, and
   * one that was deleted comes back.
   * @throws ToolError for an upload that is not there or must not be stored, of which nothing is kept then
   */
  add(principal: unknown, options: AddOptions): Promise<Added> {
    const owner = this.#ownerOf(principal)
    return this.#lanes.run(`${owner}/${options.uploadId}`, async () => {
      const known = await this.#read(owner, options.uploadId)
      const record = known
        ? await this.#renew(owner, known, options)
        : await this.#lanes.runSome(() => this.#make(owner, options))
      return { asset: this.#shown(owner, record), isOwn: record.madeBy === (options.key ?? '') }
    })
  }

  /** The newest first. */
  async list(principal: unknown, options: ListOptions = {}): Promise<AssetPage> {
    const owner = this.#ownerOf(principal)
    const limit = Math.min(Math.max(options.limit ?? 20, 1), 100)
    const prefix = keys.record(owner)
    const names = await this.#options.storage.list(prefix)
    const ids = names
      .map((name) => name.slice(prefix.length, -'.json'.length))
      .filter((id) => isId(id) && (!options.cursor || id < options.cursor))
      .toSorted()
      .toReversed()
    const assets: Asset[] = []
    for (const [index, id] of ids.entries()) {
      if (assets.length === limit || index === mostRead)
        return { assets, nextCursor: ids[index - 1] ?? id }
      const record = await this.#read(owner, id)
      if (record && record.deletedAt === undefined && fits(record, options))
        assets.push(this.#shown(owner, record))
    }
    return { assets }
  }

  /** @throws ToolError `asset-not-found` */
  async get(principal: unknown, id: string): Promise<Asset> {
    const owner = this.#ownerOf(principal)
    return this.#shown(owner, await this.#mustRead(owner, id))
  }

  /** Where an asset is used, by what `usage` says and by what was recorded. */
  async usesOf(principal: unknown, id: string): Promise<readonly string[]> {
    const owner = this.#ownerOf(principal)
    const asset = this.#shown(owner, await this.#mustRead(owner, id))
    const recorded = await this.#options.storage.list(keys.uses(owner, id))
    const places = await Promise.all(recorded.map((key) => this.#textOf(key)))
    const found = (await this.#options.usage?.(asset, principal)) ?? []
    return [...new Set([...found, ...places.filter(Boolean)])]
  }

  /** Remembers that an asset is used at a place, such as `page /start`. */
  async recordUse(principal: unknown, id: string, place: string): Promise<void> {
    const owner = this.#ownerOf(principal)
    await this.#mustRead(owner, id)
    await this.#options.storage.put(keys.uses(owner, id, placeKey(place)), textBytes(place))
  }

  /** Forgets it. */
  async removeUse(principal: unknown, id: string, place: string): Promise<void> {
    if (isId(id))
      await this.#options.storage.remove(keys.uses(this.#ownerOf(principal), id, placeKey(place)))
  }

  /**
   * Deletes an asset: it is served no longer, and can be restored for a while.
   * @throws ToolError `asset-not-found`, and `asset-in-use`, which `force` goes over
   */
  async delete(
    principal: unknown,
    id: string,
    { force = false }: { readonly force?: boolean } = {},
  ): Promise<{ readonly asset: Asset; readonly uses: readonly string[] }> {
    const owner = this.#ownerOf(principal)
    const uses = await this.usesOf(principal, id)
    if (uses.length > 0 && !force)
      throw refusal(
        'asset-in-use',
        `The asset "${id}" is used: ${uses.slice(0, 20).join(', ')}${uses.length > 20 ? ` and at ${uses.length - 20} more places` : ''}. Take it out there first, or set force to true if the user wants it gone all the same.`,
      )
    const deleted = await this.#lanes.run(`${owner}/${id}`, async () => {
      const record = await this.#mustRead(owner, id)
      await this.#options.storage.put(keys.deleted(owner, id), textBytes(''))
      return this.#write(owner, { ...record, deletedAt: this.#world.now() })
    })
    await this.#purge(owner, this.#world.now() - this.limits.keepDeletedMs)
    return { asset: this.#shown(owner, deleted), uses }
  }

  /** @throws ToolError `changed` where the asset is gone for good */
  restore(principal: unknown, id: string): Promise<Asset> {
    const owner = this.#ownerOf(principal)
    return this.#lanes.run(`${owner}/${id}`, async () => {
      const record = await this.#read(owner, id)
      if (!record)
        throw refusal(
          'changed',
          `The asset "${id}" is gone for good. Ask the user to upload it anew.`,
        )
      return this.#shown(owner, await this.#renew(owner, record, { key: record.madeBy }))
    })
  }

  /** Removes for good what a principal's owner deleted longer ago than limits say, or all of it. */
  async purge(principal: unknown, { all = false }: { readonly all?: boolean } = {}): Promise<void> {
    const before = all ? Infinity : this.#world.now() - this.limits.keepDeletedMs
    await this.#purge(this.#ownerOf(principal), before)
  }

  /** One file by the last three segments of its address, for who serves it; undefined for what there is not. */
  async open(
    owner: string,
    id: string,
    name: string,
  ): Promise<
    { readonly file: StoredFile; readonly asset: Asset; readonly blob: Blob } | undefined
  > {
    const record = /^[\da-f]{16}$/.test(owner) ? await this.#read(owner, id) : undefined
    const file = record?.files.find((one) => one.name === name)
    if (!record || !file || record.deletedAt !== undefined) return undefined
    const blob = await this.#options.storage.get(keys.files(owner, id) + name)
    return blob && { file, blob, asset: this.#shown(owner, record) }
  }

  async #make(owner: string, options: AddOptions): Promise<AssetRecord> {
    const upload = await this.#uploads.get(owner, options.uploadId)
    if (!upload)
      throw refusal(
        'upload-not-found',
        `There is no upload "${options.uploadId}". list_assets shows the uploads that wait; a file comes in when the user attaches it.`,
      )
    const { record, file } = upload
    try {
      const type = await this.#typeOf(record, file)
      const hold = await this.#quota.hold(owner, file.size)
      const made = await this.#fill(owner, { upload: record, file, type, hold, options })
      await this.#uploads.remove(owner, record.id)
      return made
    } catch (cause) {
      // What was refused for what it is will be no better next time; what broke off may be.
      if (isFinal(cause)) await this.#uploads.remove(owner, record.id)
      throw cause
    }
  }

  async #typeOf(upload: UploadRecord, file: Blob): Promise<FileType> {
    const type = await identify(file, upload)
    if (!this.#accept.has(type.type))
      throw refusal(
        'type-not-accepted',
        `"${upload.name}" is ${type.type}, which is not taken here. Taken are: ${[...this.#accept].join(', ')}.`,
      )
    const most = maxBytesOf(type.kind, this.limits)
    if (file.size > most) throw tooLarge(most)
    return type
  }

  async #fill(owner: string, work: Work): Promise<AssetRecord> {
    const { upload, file, type, hold, options } = work
    const stored: string[] = []
    let isStored = false
    try {
      const { images, variants = {} } = this.#options
      const { progress = () => undefined, signal } = options
      const made = await produce(file, type, { images, variants, ...this.limits, progress, signal })
      await hold.resize(made.files.reduce((sum, { data }) => sum + sizeOf(data), 0))
      const files: StoredFile[] = []
      for (const product of made.files) {
        signal?.throwIfAborted()
        files.push(await this.#store(owner, upload.id, { product, stored }))
      }
      const record = await this.#write(owner, recordOf(work, made, files))
      isStored = true
      return record
    } finally {
      if (!isStored) for (const key of stored) await this.#options.storage.remove(key)
      hold.end(isStored)
    }
  }

  async #store(
    owner: string,
    id: string,
    { product, stored }: { readonly product: Product; readonly stored: string[] },
  ): Promise<StoredFile> {
    const { data, label, extension, type, width, height } = product
    const bytes = sizeOf(data)
    const mark = data instanceof Blob ? '' : `-${await digest(data)}`
    const name = `${label}${mark}.${bytes}.${extension}`
    const key = keys.files(owner, id) + name
    stored.push(key)
    await this.#options.storage.put(key, data instanceof Blob ? data.stream() : data)
    return { name, type, bytes, ...(width && height && { width, height }) }
  }

  /** Brings a record back that was deleted, with another alt text where one is given. */
  async #renew(
    owner: string,
    { deletedAt, ...record }: AssetRecord,
    { alt = record.alt, key = '' }: Pick<AddOptions, 'alt' | 'key'>,
  ): Promise<AssetRecord> {
    if (deletedAt === undefined && alt === record.alt) return record
    const madeBy = deletedAt === undefined ? record.madeBy : key
    const renewed = await this.#write(owner, { ...record, alt, madeBy })
    await this.#options.storage.remove(keys.deleted(owner, record.id))
    return renewed
  }

  async #purge(owner: string, before: number): Promise<boolean> {
    const prefix = keys.deleted(owner)
    const ids = (await this.#options.storage.list(prefix)).map((key) => key.slice(prefix.length))
    const removed = await Promise.all(
      ids.map((id) =>
        this.#lanes.run(`${owner}/${id}`, async () => {
          const record = await this.#read(owner, id)
          if (record && !((record.deletedAt ?? Infinity) < before)) return false
          await this.#removeAll(owner, id)
          return true
        }),
      ),
    )
    if (!removed.includes(true)) return false
    this.#quota.forget(owner)
    return true
  }

  /** The record goes last but for the mark, so that what breaks off is found again. */
  async #removeAll(owner: string, id: string): Promise<void> {
    const { storage } = this.#options
    const parts = [
      await storage.list(keys.files(owner, id)),
      await storage.list(keys.uses(owner, id)),
    ]
    for (const key of parts.flat()) await storage.remove(key)
    await storage.remove(keys.record(owner, id))
    await storage.remove(keys.deleted(owner, id))
  }

  async #mustRead(owner: string, id: string): Promise<AssetRecord> {
    const record = await this.#read(owner, id)
    if (record && record.deletedAt === undefined) return record
    throw refusal(
      'asset-not-found',
      `There is no asset "${id}". Ids stand in what list_assets and upload_file give.`,
    )
  }

  #read(owner: string, id: string): Promise<AssetRecord | undefined> {
    if (!isId(id)) return Promise.resolve(undefined)
    return readRecord<AssetRecord>(this.#options.storage, keys.record(owner, id))
  }

  async #write(owner: string, record: AssetRecord): Promise<AssetRecord> {
    await writeRecord(this.#options.storage, keys.record(owner, record.id), record)
    return record
  }

  async #textOf(key: string): Promise<string> {
    const blob = await this.#options.storage.get(key)
    return blob ? new TextDecoder().decode(await bytesOf(blob)) : ''
  }

  #shown(owner: string, record: AssetRecord): Asset {
    return assetOf(record, owner, this.baseURL)
  }

  #ownerOf(principal: unknown): string {
    return ownerKey((this.#options.ownerOf ?? defaultOwner)(principal))
  }
}

function fits({ kind, name, alt }: AssetRecord, options: ListOptions): boolean {
  const query = options.query?.toLowerCase() ?? ''
  return (
    (options.kind === undefined || kind === options.kind) &&
    `${name}\n${alt}`.toLowerCase().includes(query)
  )
}

/** Refusals that lie in the file itself. */
function isFinal(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return /^(?:file-|image-too|type-|too-large)/.test(code)
}

function sizeOf(data: Blob | Uint8Array): number {
  return data instanceof Blob ? data.size : data.byteLength
}

function placeKey(place: string): string {
  return sha256(place).slice(0, 24)
}

/** The beginning of the SHA-256 of a file, for its name. */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...hash.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
