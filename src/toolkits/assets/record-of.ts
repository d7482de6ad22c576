import type { FileType } from './file-types.ts'
import type { AddOptions } from './library-calls.ts'
import type { Products } from './produce.ts'
import type { Hold } from './quota.ts'
import { type AssetRecord, type StoredFile, type UploadRecord, timeOf } from './records.ts'

/** What it takes to make an asset of an upload. */
export interface Work {
  readonly upload: UploadRecord
  readonly file: Blob
  readonly type: FileType
  readonly hold: Hold
  readonly options: AddOptions
}

/** The record of an asset whose files are stored. */
export function recordOf(
  { upload, type, options }: Work,
  made: Products,
  files: StoredFile[],
): AssetRecord {
  const { width, height, notes } = made
  return {
    version: 1,
    id: upload.id,
    kind: type.kind,
    type: type.type,
    name: upload.name,
    alt: options.alt ?? '',
    files,
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    notes,
    createdAt: timeOf(upload.id),
    madeBy: options.key ?? '',
  }
}
