import sharp from 'sharp'
import type { Model, Principal } from '../../../src/index.ts'
import { createToolServer } from '../../../src/server/index.ts'
import {
  AssetLibrary,
  assetHandler,
  assetTools,
  sharpImages,
} from '../../../src/toolkits/assets.ts'
import { fileStorage } from '../../../src/toolkits/assets/files.ts'

/** A site whose model may use the files that its users attach. */
export function siteWithAssets(options: {
  readonly folder: string
  readonly model: Model
  readonly authenticate: (request: Request) => Principal | null
  /** The pages of a user, by their path. */
  readonly pagesOf: (principal: unknown) => ReadonlyMap<string, string>
}): (request: Request) => Promise<Response> {
  const { folder, model, authenticate, pagesOf } = options
  const library = new AssetLibrary({
    storage: fileStorage(folder),
    images: sharpImages(sharp),
    baseURL: '/assets',
    usage: ({ id }, principal) =>
      [...pagesOf(principal)].filter(([, html]) => html.includes(id)).map(([page]) => page),
  })
  const assets = assetHandler(library, { authenticate })
  const tools = createToolServer({ model, tools: assetTools(library), authenticate })
  return async (request) =>
    new URL(request.url).pathname.startsWith('/assets/') ? assets(request) : tools.fetch(request)
}
