import type { JsonObject } from '../base/index.ts'
import type { FilePart, ResultPart, ToolPart } from '../protocol/index.ts'
import { plainText, resultParts, textOf } from './_result-parts.ts'
import { base64Of } from './_said.ts'

const pictures = /^image\/(png|jpe?g|gif|webp)$/

/** The one result of a call. */
export function resultBlock(part: ToolPart, id: string): JsonObject {
  const parts = resultParts(part)
  const text = plainText(parts)
  // An error is text alone on this wire.
  const failed = part.state !== 'output-available' && text !== undefined
  return {
    type: 'tool_result',
    tool_use_id: id,
    content: text ?? parts.map(contentBlock).filter((block) => !isBlank(block)),
    ...(failed && { is_error: true }),
  }
}

/** A file of a person. */
export function fileBlock({ mediaType, url, filename }: FilePart): JsonObject {
  const data = base64Of(url)
  if (data !== undefined) return dataBlock(mediaType, data, filename)
  const source = { type: 'url', url }
  if (mediaType.startsWith('image/')) return { type: 'image', source }
  return mediaType === 'application/pdf'
    ? { type: 'document', source, ...(filename && { title: filename }) }
    : leftOut(mediaType, filename)
}

function contentBlock(part: ResultPart): JsonObject {
  if (part.type === 'image') return dataBlock(part.mediaType, part.data, undefined)
  if (part.type === 'file') return dataBlock(part.mediaType, part.data, part.filename)
  return { type: 'text', text: textOf(part) ?? '' }
}

function dataBlock(mediaType: string, data: string, filename: string | undefined): JsonObject {
  const title = filename ? { title: filename } : {}
  if (pictures.test(mediaType))
    return { type: 'image', source: { type: 'base64', media_type: mediaType, data } }
  if (mediaType === 'application/pdf')
    return {
      type: 'document',
      source: { type: 'base64', media_type: mediaType, data },
      ...title,
    }
  const text = /^text\/|[/+]json$|[/+]xml$/.test(mediaType) ? decodeText(data) : undefined
  return text?.trim()
    ? { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, ...title }
    : leftOut(mediaType, filename)
}

function decodeText(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
    return new TextDecoder().decode(bytes)
  } catch {
    return undefined
  }
}

function leftOut(mediaType: string, filename: string | undefined): JsonObject {
  const named = filename ? ` "${filename}"` : ''
  return { type: 'text', text: `[${mediaType}${named} left out: this model takes no such file]` }
}

/** Blank texts are refused. */
function isBlank({ text }: JsonObject): boolean {
  return typeof text === 'string' && !text.trim()
}
