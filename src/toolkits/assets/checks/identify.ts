import { extensionOf, fileTypeOf, fileTypes, type FileType, plainType } from '../file-types.ts'
import { refusal } from '../refusal.ts'
import { bytesOf } from '../storage.ts'
import { latin1 } from './anatomy.ts'

/** What a client says about a file. */
export interface Claims {
  /** The cleaned name. */
  readonly name: string
  /** The media type; empty where the client does not know. */
  readonly type: string
}

const signatures: readonly (readonly [type: string, pattern: RegExp])[] = [
  ['image/png', /^\x89PNG\r\n\cZ\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF.{4}WEBPVP8/s],
  // Its own brand may be the first, or one of those that a general one lists.
  ['image/avif', /^\0.{3}ftyp(?:avi[fs]|(?:mif1|msf1|miaf).{4}(?:.{4}){0,16}?avi[fs])/s],
  ['video/quicktime', /^.{4}(?:ftypqt {2}|moov|wide|mdat)/s],
  ['video/mp4', /^\0.{3}ftyp(?:isom|iso\d|mp4[12]|avc1|M4V[ HP]|dash|MSNV|3gp|f4v )/s],
  ['video/webm', /^\cZ\x45\xdf\xa3/],
  ['application/pdf', /^%PDF-/],
]

/** How HTML begins, for browsers that guess: https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type. */
const html =
  /^<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[\s>]/i
const svg = /<(?:[\w.-]+:)?svg[\s/>]/i

/** What may stand before the first element: white space, comments, declarations. */
const prolog = /^(?:\s+|<!--[^]*?-->|<\?[^]*?\?>|<!doctype(?! html)[^>[]*(?:\[[^]*?\]\s*)?>)+/i

const lookedAt = 4_096

/**
 * Says what a file is by its own bytes, and holds that to what the client says: type, ending and content have to agree.
 * @throws a refusal where they do not, or where nobody here knows such a file
 */
export async function identify(file: Blob, claims: Claims): Promise<FileType> {
  const head = await bytesOf(file, 0, lookedAt)
  const extension = extensionOf(claims.name)
  const found = binaryType(head, extension) ?? textType(head, extension, plainType(claims.type))
  if (!found) throw unknown(claims)
  const declared = plainType(claims.type)
  const isUndeclared = declared === '' || declared === 'application/octet-stream'
  const sameType = isUndeclared || declared === found.type || found.aliases?.includes(declared)
  if (sameType && (extension === '' || found.extensions.includes(extension))) return found
  throw refusal(
    'type-mismatch',
    `The file "${claims.name}" is ${found.type} by its content, but is called "${claims.name}" and declared as "${declared || 'nothing'}". Ask the user to upload it under its right name and type.`,
  )
}

function binaryType(head: Uint8Array, extension: string): FileType | undefined {
  const text = latin1(head)
  const found = signatures.find(([, pattern]) => pattern.test(text))
  if (found) return fileTypeOf(found[0])
  // Which document a ZIP is shows only in its parts; the check of its parts holds it to this.
  if (!text.startsWith('PK\x03\x04')) return undefined
  return fileTypes.find(
    ({ type, extensions }) => type.includes('openxmlformats') && extensions.includes(extension),
  )
}

function textType(head: Uint8Array, extension: string, declared: string): FileType | undefined {
  const text = beginning(head)
  if (!text || text.includes('\0')) return undefined
  const start = text.trimStart()
  const first = start.replace(prolog, '')
  if (html.test(start) || html.test(first)) return fileTypeOf('text/html')
  const claimsSvg = extension === 'svg' || declared === 'image/svg+xml'
  const isSvg = svg.exec(first)?.index === 0 || (claimsSvg && svg.test(text))
  if (start.startsWith('<') && isSvg) return fileTypeOf('image/svg+xml')
  return plainTextType(extension, declared)
}

/** Which kind of text a text is, nothing but its name and its sender can say. */
function plainTextType(extension: string, declared: string): FileType | undefined {
  const isPlain = (type: string): boolean => type.startsWith('text/') && type !== 'text/html'
  return (
    fileTypes.find(({ type, extensions }) => isPlain(type) && extensions.includes(extension)) ??
    (isPlain(declared) ? fileTypeOf(declared) : undefined)
  )
}

/** Text up to the last whole character; undefined for what is not UTF-8. */
function beginning(head: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
  } catch {
    return undefined
  }
}

function unknown({ name, type }: Claims): Error {
  const said = plainType(type) || 'no type'
  return refusal(
    'type-not-accepted',
    `The content of "${name}" (declared as ${said}) is of no type that is taken here, or not what it is called. Texts have to be UTF-8.`,
  )
}
