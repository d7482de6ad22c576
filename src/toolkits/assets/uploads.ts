import type { World } from '../../base/index.ts'
import type { Upload } from './asset.ts'
import { cleanName } from './file-name.ts'
import { Lanes } from './lanes.ts'
import type { AssetLimits } from './library-options.ts'
import { type UploadRecord, isId, keys, newId, readRecord, timeOf, writeRecord } from './records.ts'
import { refusal } from './refusal.ts'
import type { AssetStorage } from './storage.ts'

/** A file on its way in. */
export interface IncomingFile {
  /** As the client calls it. */
  readonly name: string
  /** As the client declares it; empty where it does not. */
  readonly type: string
  readonly body: ReadableStream<Uint8Array>
}

/** Files that came in and are no assets yet: nothing of them was looked at, and none is ever served. */
export class Uploads {
  readonly #storage: AssetStorage
  readonly #limits: AssetLimits
  readonly #world: World
  readonly #lanes = new Lanes(1)
  /** By the id of each upload that comes in, its owner. */
  readonly #underWay = new Map<string, string>()

  constructor(storage: AssetStorage, limits: AssetLimits, world: World) {
    this.#storage = storage
    this.#limits = limits
    this.#world = world
  }

  /** @throws a refusal for too many, or for one that is too large, of which nothing is kept */
  async receive(owner: string, { name, type, body }: IncomingFile): Promise<Upload> {
    const id = newId(this.#world.now(), this.#world.randomId())
    try {
      await this.#lanes.run(owner, () => this.#admit(owner, id))
      const counted = countBytes(body, this.#maxBytes())
      await this.#storage.put(keys.upload(owner, `${id}.bin`), counted.stream)
      const bytes = counted.size()
      const record: UploadRecord = { version: 1, id, name: cleanName(name), type, bytes }
      await writeRecord(this.#storage, keys.upload(owner, `${id}.json`), record)
      return { uploadId: id, name: record.name, type, bytes }
    } finally {
      this.#underWay.delete(id)
      // A client that is refused need not send the rest.
      if (!body.locked) await body.cancel()
    }
  }

  async get(
    owner: string,
    id: string,
  ): Promise<{ readonly record: UploadRecord; readonly file: Blob } | undefined> {
    if (!isId(id)) return undefined
    const record = await readRecord<UploadRecord>(this.#storage, keys.upload(owner, `${id}.json`))
    const file = await this.#storage.get(keys.upload(owner, `${id}.bin`))
    return record && file && { record, file }
  }

  async remove(owner: string, id: string): Promise<void> {
    await this.#storage.remove(keys.upload(owner, `${id}.json`))
    await this.#storage.remove(keys.upload(owner, `${id}.bin`))
  }

  /** The newest first. */
  async list(owner: string, limit: number): Promise<readonly Upload[]> {
    const ids = (await this.#ids(owner, '.json')).toSorted().toReversed().slice(0, limit)
    const found = await Promise.all(
      ids.map((id) => readRecord<UploadRecord>(this.#storage, keys.upload(owner, `${id}.json`))),
    )
    return found.flatMap((record) =>
      record
        ? [{ uploadId: record.id, name: record.name, type: record.type, bytes: record.bytes }]
        : [],
    )
  }

  async #ids(owner: string, ending: string): Promise<readonly string[]> {
    const prefix = keys.upload(owner)
    const names = await this.#storage.list(prefix)
    return names
      .filter((name) => name.endsWith(ending))
      .map((name) => name.slice(prefix.length, -ending.length))
  }

  async #admit(owner: string, id: string): Promise<void> {
    const expired = this.#world.now() - this.#limits.keepUploadsMs
    const counted = new Set<string>()
    for (const [other, itsOwner] of this.#underWay) if (itsOwner === owner) counted.add(other)
    for (const kept of await this.#ids(owner, '.bin')) {
      if (timeOf(kept) < expired) await this.remove(owner, kept)
      else counted.add(kept)
    }
    const { maxUploads } = this.#limits
    if (counted.size >= maxUploads)
      throw refusal(
        'too-many',
        `${maxUploads} uploads wait to be used, and no more are taken. Use some of them first.`,
        { retryable: true },
      )
    this.#underWay.set(id, owner)
  }

  #maxBytes(): number {
    const { maxImageBytes, maxVideoBytes, maxDocumentBytes } = this.#limits
    return Math.max(maxImageBytes, maxVideoBytes, maxDocumentBytes)
  }
}

/** Counts what passes, and breaks off where it is too much. */
function countBytes(
  body: ReadableStream<Uint8Array>,
  most: number,
): { readonly stream: ReadableStream<Uint8Array>; readonly size: () => number } {
  let size = 0
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.byteLength
      if (size > most) controller.error(tooLarge(most))
      else controller.enqueue(chunk)
    },
  })
  return { stream: body.pipeThrough(counter), size: () => size }
}

export function tooLarge(most: number): Error {
  return refusal(
    'too-large',
    `The file is larger than the ${most} bytes that are taken. Ask the user for a smaller one.`,
  )
}
