export type { PageDocument, PageNode, PageNodeKind } from './_page-document.ts'
export type { BoundsOptions } from './page/bounds.ts'
export { type DomPageOptions, domPage } from './page/dom-page.ts'
export {
  type PagePreviewOptions,
  type PreviewClient,
  type PreviewedCall,
  pagePreview,
} from './page/page-preview.ts'
export { type PageToolsOptions, pageTools } from './page/page-tools.ts'
export type { AllowUrl, UrlUse } from './page/url-policy.ts'
