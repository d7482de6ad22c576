/** What kind of thing a file is, for people and for limits. */
export type AssetKind = 'image' | 'video' | 'document'

/** A type of file that this toolkit knows to check. */
export interface FileType {
  readonly type: string
  readonly kind: AssetKind
  /** Without a dot; the first is what our own files are named. */
  readonly extensions: readonly string[]
  /** What else browsers and systems call it. */
  readonly aliases?: readonly string[]
}

const office = 'application/vnd.openxmlformats-officedocument.'

/** Every type that can be accepted. */
export const fileTypes: readonly FileType[] = [
  { type: 'image/png', kind: 'image', extensions: ['png'], aliases: ['image/x-png', 'image/apng'] },
  {
    type: 'image/jpeg',
    kind: 'image',
    extensions: ['jpg', 'jpeg', 'jpe', 'jfif'],
    aliases: ['image/jpg', 'image/pjpeg'],
  },
  { type: 'image/gif', kind: 'image', extensions: ['gif'] },
  { type: 'image/webp', kind: 'image', extensions: ['webp'] },
  { type: 'image/avif', kind: 'image', extensions: ['avif'] },
  { type: 'image/svg+xml', kind: 'image', extensions: ['svg'] },
  { type: 'video/mp4', kind: 'video', extensions: ['mp4', 'm4v'], aliases: ['video/x-m4v'] },
  { type: 'video/quicktime', kind: 'video', extensions: ['mov', 'qt'] },
  { type: 'video/webm', kind: 'video', extensions: ['webm'] },
  {
    type: 'application/pdf',
    kind: 'document',
    extensions: ['pdf'],
    aliases: ['application/x-pdf'],
  },
  { type: 'text/plain', kind: 'document', extensions: ['txt', 'text'] },
  {
    type: 'text/csv',
    kind: 'document',
    extensions: ['csv'],
    // Windows with a spreadsheet installed calls it so; a text is no danger under another text's name.
    aliases: ['application/csv', 'application/vnd.ms-excel', 'text/plain'],
  },
  {
    type: 'text/markdown',
    kind: 'document',
    extensions: ['md', 'markdown'],
    aliases: ['text/x-markdown', 'text/plain'],
  },
  { type: 'text/html', kind: 'document', extensions: ['html', 'htm'] },
  { type: `${office}wordprocessingml.document`, kind: 'document', extensions: ['docx'] },
  { type: `${office}spreadsheetml.sheet`, kind: 'document', extensions: ['xlsx'] },
  { type: `${office}presentationml.presentation`, kind: 'document', extensions: ['pptx'] },
]

/** What is accepted where the host names nothing: all but HTML. */
export const defaultAccept: readonly string[] = fileTypes
  .map(({ type }) => type)
  .filter((type) => type !== 'text/html')

/** The known type of this name. */
export function fileTypeOf(type: string): FileType | undefined {
  return fileTypes.find((known) => known.type === type)
}

/** The end of a file's name behind its last dot, in lower case; empty where there is none. */
export function extensionOf(name: string): string {
  return /\.([^.]*)$/.exec(name)?.[1]?.toLowerCase() ?? ''
}

/** A media type without its parameters, as names are compared. */
export function plainType(declared: string): string {
  return declared.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}
