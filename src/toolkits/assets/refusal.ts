import { ToolError } from '../../tools/index.ts'

/** Why a file, or what was asked about one, is refused: the `code` of the `ToolError`. */
export type AssetRefusal =
  | 'asset-not-found'
  | 'asset-in-use'
  | 'upload-not-found'
  | 'too-large'
  | 'too-many'
  | 'quota-exceeded'
  | 'type-not-accepted'
  | 'type-mismatch'
  | 'file-damaged'
  | 'file-dangerous'
  | 'image-too-large'
  | 'images-unsupported'
  | 'too-slow'
  | 'changed'

/** Says to the model, and to people, why not, and what to do instead. */
export function refusal(
  code: AssetRefusal,
  message: string,
  { retryable = false, cause }: { readonly retryable?: boolean; readonly cause?: unknown } = {},
): ToolError {
  return new ToolError(message, {
    code,
    forUser: message,
    retryable,
    ...(cause !== undefined && { cause }),
  })
}
