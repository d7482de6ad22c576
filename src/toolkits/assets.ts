export type { Asset, AssetSource, Upload } from './assets/asset.ts'
export { type AssetHandlerOptions, assetHandler } from './assets/asset-handler.ts'
export {
  type AssetInfo,
  type AssetTools,
  type AssetToolsOptions,
  type DeleteAssetInput,
  type DeleteAssetOutput,
  type ListAssetsInput,
  type ListAssetsOutput,
  type UploadFileInput,
  type UploadFileOutput,
  assetTools,
} from './assets/asset-tools.ts'
export type { AssetKind } from './assets/file-types.ts'
export type { ImageFormat, ImageProcessor, OpenImage, RenderedImage } from './assets/images.ts'
export { AssetLibrary } from './assets/library.ts'
export type { AddOptions, Added, AssetPage, ListOptions } from './assets/library-calls.ts'
export type { AssetLibraryOptions, AssetLimits } from './assets/library-options.ts'
export type { ImageVariants } from './assets/produce.ts'
export type { StoredFile } from './assets/records.ts'
export type { AssetRefusal } from './assets/refusal.ts'
export { type SharpLike, type SharpPicture, sharpImages } from './assets/sharp-images.ts'
export type { AssetStorage } from './assets/storage.ts'
export type { IncomingFile } from './assets/uploads.ts'
export { type UnstorageLike, unstorageStorage } from './assets/unstorage-storage.ts'
