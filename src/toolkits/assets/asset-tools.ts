import type { JsonObject } from '../../base/index.ts'
import { type Tool, type ToolRateLimit, defineTool } from '../../tools/index.ts'
import type { Asset, Upload } from './asset.ts'
import { inputSchema } from './input-schema.ts'
import type { AssetLibrary } from './library.ts'
import { refusal } from './refusal.ts'

export interface AssetToolsOptions {
  /** What the tools ask for. Default: `assets:read`, `assets:write`, `assets:delete`. */
  readonly permissions?: Partial<Readonly<Record<'read' | 'write' | 'delete', string>>>
  /** Whether a person agrees before an asset is deleted. Default: always. */
  readonly approveDelete?: boolean | ((input: DeleteAssetInput) => boolean | Promise<boolean>)
  /** How often files may be uploaded. */
  readonly uploadRateLimit?: ToolRateLimit
}

export interface UploadFileInput {
  readonly uploadId: string
  readonly alt?: string | undefined
}

export interface UploadFileOutput {
  readonly asset: Asset
  /** Whether this call made it; undone, it takes back no more than that. */
  readonly isNew: boolean
}

export interface ListAssetsInput {
  readonly kind?: 'image' | 'video' | 'document' | undefined
  readonly query?: string | undefined
  readonly cursor?: string | undefined
  readonly limit?: number | undefined
}

export interface ListAssetsOutput {
  readonly assets: readonly Asset[]
  readonly nextCursor?: string
  /** Files that the user attached and nobody has made assets of; on the first page only. */
  readonly waitingUploads?: readonly Upload[]
}

export interface AssetInfo extends Asset {
  readonly uses: readonly string[]
}

export interface DeleteAssetInput {
  readonly id: string
  readonly force?: boolean | undefined
}

export interface DeleteAssetOutput {
  readonly id: string
  readonly name: string
  /** Where it was used all the same. */
  readonly uses: readonly string[]
}

/** The tools of {@link assetTools}. */
export type AssetTools = readonly [
  upload: Tool<UploadFileInput, UploadFileOutput, 'upload_file'>,
  list: Tool<ListAssetsInput, ListAssetsOutput, 'list_assets'>,
  info: Tool<{ readonly id: string }, AssetInfo, 'get_asset_info'>,
  remove: Tool<DeleteAssetInput, DeleteAssetOutput, 'delete_asset'>,
]

const id = {
  type: 'string',
  description: 'The id of the asset, as list_assets gives it.',
  maxLength: 100,
} as const

/**
 * `upload_file`, `list_assets`, `get_asset_info` and `delete_asset` over a library, for the server that has it. The
 * bytes of files come in by `assetHandler`, and never go through a model.
 */
export function assetTools(library: AssetLibrary, options: AssetToolsOptions = {}): AssetTools {
  return [
    uploadFile(library, options),
    listAssets(library, options),
    getAssetInfo(library, options),
    deleteAsset(library, options),
  ]
}

function uploadFile(
  library: AssetLibrary,
  { permissions, uploadRateLimit }: AssetToolsOptions,
): AssetTools[0] {
  return defineTool({
    name: 'upload_file',
    title: 'Upload file',
    description:
      'Makes an asset of a file that the user attached: checks it, optimises pictures in several sizes, and gives its URL and srcset. Takes the uploadId that came with the attachment, or that list_assets shows as waiting; never file contents or URLs.',
    inputSchema: inputSchema(
      {
        uploadId: {
          type: 'string',
          description: 'The uploadId of an attached file.',
          maxLength: 100,
        },
      },
      {
        alt: {
          type: 'string',
          description: 'What a picture shows, in a sentence, for people who do not see it.',
          maxLength: 1_000,
        },
      },
    ),
    category: 'assets',
    idempotent: true,
    permission: permissions?.write ?? 'assets:write',
    timeoutMs: 300_000,
    ...(uploadRateLimit && { rateLimit: uploadRateLimit }),
    async execute({ uploadId, alt }, { principal, key, signal, progress }) {
      const show = (done: number, total: number): void => progress({ done, total })
      const work = { uploadId, alt, key, signal, progress: show }
      const { asset, isOwn } = await library.add(principal, work)
      return { asset, isNew: isOwn }
    },
    async undo({ asset, isNew }: UploadFileOutput, { principal }) {
      if (!isNew) return
      const uses = await library.usesOf(principal, asset.id)
      if (uses.length > 0)
        throw refusal('changed', `The asset is used by now: ${uses.slice(0, 20).join(', ')}.`)
      await library.delete(principal, asset.id)
    },
  })
}

function listAssets(library: AssetLibrary, { permissions }: AssetToolsOptions): AssetTools[1] {
  return defineTool({
    name: 'list_assets',
    title: 'List assets',
    description:
      'Lists pictures, videos and documents, the newest first, and the uploads that wait for upload_file. get_asset_info tells more of one.',
    inputSchema: inputSchema(
      {},
      {
        kind: {
          type: 'string',
          enum: ['image', 'video', 'document'],
          description: 'Only assets of this kind.',
        },
        query: {
          type: 'string',
          description: 'Only assets with this in their name or alt text.',
          maxLength: 200,
        },
        cursor: {
          type: 'string',
          description: 'nextCursor of the page before, to go on.',
          maxLength: 100,
        },
        limit: {
          type: 'integer',
          minimum: 1,
          maximum: 100,
          description: 'How many at most. Default: 20.',
        },
      },
    ),
    category: 'assets',
    readOnly: true,
    permission: permissions?.read ?? 'assets:read',
    async execute(input, { principal }) {
      const page = await library.list(principal, input)
      if (input.cursor !== undefined) return page
      return { ...page, waitingUploads: await library.uploads(principal) }
    },
    toModelOutput: ({ assets, nextCursor, waitingUploads = [] }: ListAssetsOutput) => ({
      assets: assets.map(inShort),
      waitingUploads: waitingUploads.map((upload) => ({ ...upload })),
      nextCursor: nextCursor ?? null,
    }),
  })
}

function getAssetInfo(library: AssetLibrary, { permissions }: AssetToolsOptions): AssetTools[2] {
  return defineTool({
    name: 'get_asset_info',
    title: 'Asset info',
    description:
      'Tells all about one asset: URL, srcset in each format, size, alt text, what was changed when it was stored, and where it is used.',
    inputSchema: inputSchema({ id }, {}),
    category: 'assets',
    readOnly: true,
    permission: permissions?.read ?? 'assets:read',
    async execute(input, { principal }) {
      const asset = await library.get(principal, input.id)
      return { ...asset, uses: await library.usesOf(principal, input.id) }
    },
  })
}

function deleteAsset(
  library: AssetLibrary,
  { permissions, approveDelete = true }: AssetToolsOptions,
): AssetTools[3] {
  return defineTool({
    name: 'delete_asset',
    title: 'Delete asset',
    description:
      'Deletes an asset. One that is used somewhere is kept, and the places are named, unless force is true; set that only where the user said so.',
    inputSchema: inputSchema(
      { id },
      {
        force: {
          type: 'boolean',
          description: 'Delete it although it is used. Pages that show it will show a gap.',
        },
      },
    ),
    category: 'assets',
    destructive: true,
    permission: permissions?.delete ?? 'assets:delete',
    approval: approveDelete,
    async execute(input, { principal }) {
      const force = input.force === true
      const { asset, uses } = await library.delete(principal, input.id, { force })
      return { id: asset.id, name: asset.name, uses }
    },
    undo: (output: DeleteAssetOutput, { principal }) => library.restore(principal, output.id),
  })
}

/** What a list shows of each. */
function inShort({ id: assetId, kind, name, alt, bytes, width, height }: Asset): JsonObject {
  const size = width && height ? { width, height } : {}
  return { id: assetId, kind, name, alt, bytes, ...size }
}
