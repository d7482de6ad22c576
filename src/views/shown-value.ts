import { isObject } from '../base/index.ts'
import type { ToolPart } from '../protocol/index.ts'
import { safeImage, safeLink } from './safe-url.ts'
import { visibleJson } from './visible-text.ts'

/** A piece of what a tool gave, as it is shown; `blocked` is an image that is not to be loaded. */
export type ShownValue =
  | { readonly type: 'text'; readonly text: string; readonly cutChars: number }
  | { readonly type: 'link' | 'image'; readonly url: string }
  | { readonly type: 'blocked'; readonly url: string; readonly link: string | null }

export interface ShowOptions {
  /** Where images may be loaded from, such as `https://cdn.example`. Default: nowhere. */
  readonly imageOrigins?: readonly string[]
}

/** More than this nobody reads, and a page that lays it out stands still. */
const maxChars = 20_000
const maxPieces = 50

/** What a tool gave, in pieces: texts as they are, images as far as they may be loaded, all else as JSON. */
export function shownOutput(call: ToolPart, options: ShowOptions = {}): readonly ShownValue[] {
  const { output, modelOutput } = call
  if (output === undefined) return []
  const images = (modelOutput ?? []).filter(({ type }) => type === 'image')
  const parts = Array.isArray(output) && output.length <= maxPieces && output.every(isPart)
  const pieces: readonly unknown[] = parts ? output : [output, ...images]
  return pieces.map((piece) => shownPiece(piece, options))
}

function isPart(value: unknown): boolean {
  return isObject(value) && ['text', 'image', 'file', 'json'].includes(String(value['type']))
}

function shownPiece(value: unknown, options: ShowOptions): ShownValue {
  if (typeof value === 'string') return shownText(value)
  if (!isObject(value) || !isPart(value)) return cut(visibleJson(value))
  const { type, text, data, url, mediaType } = value
  if (type === 'text' && typeof text === 'string') return shownText(text)
  if (!(type === 'image' || String(mediaType).startsWith('image/'))) return cut(visibleJson(value))
  if (typeof url === 'string') return shownImage(url, options)
  if (typeof data !== 'string') return cut(visibleJson(value))
  return shownImage(data.includes(':') ? data : `data:${String(mediaType)};base64,${data}`, options)
}

function shownText(text: string): ShownValue {
  const url = safeLink(text)
  return url === null ? cut(text) : { type: 'link', url }
}

function shownImage(text: string, { imageOrigins }: ShowOptions): ShownValue {
  const url = safeImage(text, imageOrigins)
  if (url !== null) return { type: 'image', url }
  return { type: 'blocked', url: text.slice(0, 200), link: safeLink(text) }
}

function cut(text: string): ShownValue {
  return {
    type: 'text',
    text: text.slice(0, maxChars),
    cutChars: Math.max(0, text.length - maxChars),
  }
}
