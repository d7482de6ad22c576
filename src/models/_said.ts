import type { FilePart, Message, TextPart } from '../protocol/index.ts'

/** Stands where a person said nothing that can be read: without it, the model's own words would be the last. */
const nothing = '[empty message]'

/** What stands for the person where a request may not end with an answer: another model's, which paused. */
export const goOn = 'Go on.'

/** What a person said, with no blank texts, which servers refuse, and never nothing; data is in base64. */
export function saidParts({ parts }: Message): readonly (TextPart | FilePart)[] {
  const said = parts.flatMap((part) => {
    if (part.type === 'text') return part.text.trim() ? [part] : []
    return part.type === 'file' ? [readable(part)] : []
  })
  return said.length > 0 ? said : [{ type: 'text', text: nothing }]
}

/** The base64 in a `data:` URL; nothing for another address. */
export function base64Of(url: string): string | undefined {
  return /^data:[^,]*;base64,(.*)$/s.exec(url)?.[1]
}

/** What is said in place of data that is none: servers refuse it. */
export function emptyFile(mediaType: string, filename?: string): TextPart {
  return { type: 'text', text: `[${mediaType}${filename ? ` "${filename}"` : ''}: an empty file]` }
}

function readable(part: FilePart): TextPart | FilePart {
  const { url, mediaType, filename } = part
  const encoded = /^data:[^,]*,(.*)$/s.exec(url)?.[1]
  if (encoded === '') return emptyFile(mediaType, filename)
  if (encoded === undefined || base64Of(url) !== undefined) return part
  return { ...part, url: `data:${mediaType};base64,${toBase64(encoded)}` }
}

function toBase64(encoded: string): string {
  const bytes = new TextEncoder().encode(decoded(encoded))
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
