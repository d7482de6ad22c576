import type { SharedV4FileData } from '@ai-sdk/provider'

/** A file as the AI SDK has it, of a file with a URL; nothing for a URL that no machine can follow. */
export function fileDataOf(url: string): SharedV4FileData | undefined {
  const inline = /^data:[^,]*?(;base64)?,(.*)$/is.exec(url)
  if (inline) {
    const [, encoding, content = ''] = inline
    const data = encoding ? content : encodedText(content)
    return data === undefined ? undefined : { type: 'data', data }
  }
  if (!URL.canParse(url)) return undefined
  return { type: 'url', url: new URL(url), originalUrl: url }
}

/** A `data:` URL, or the URL that there is; nothing for what only one provider can find. */
export function urlOf(data: SharedV4FileData, mediaType: string): string | undefined {
  if (data.type === 'url') return data.originalUrl ?? data.url.href
  const content = base64Of(data)
  return content === undefined
    ? undefined
    : `data:${fullMediaType(mediaType, content)};base64,${content}`
}

/** The content in base64, where it is at hand. */
export function base64Of(data: SharedV4FileData): string | undefined {
  if (data.type === 'text') return encode(new TextEncoder().encode(data.text))
  if (data.type !== 'data') return undefined
  return typeof data.data === 'string' ? data.data : encode(data.data)
}

/** How the base64 of a file of each type begins. */
const beginnings: Readonly<Record<string, string>> = {
  iVBORw: 'image/png',
  '/9j/': 'image/jpeg',
  R0lGOD: 'image/gif',
  UklGR: 'image/webp',
  JVBERi: 'application/pdf',
}

/** The AI SDK says `image` or `image/*` where it does not know more; no provider's API does. */
export function fullMediaType(mediaType: string, content: string): string {
  const [kind = '', subtype = '*'] = mediaType.split('/')
  if (subtype !== '*') return mediaType
  const seen = Object.entries(beginnings).find(([beginning]) => content.startsWith(beginning))
  if (seen?.[1].startsWith(kind)) return seen[1]
  return kind === 'text' ? 'text/plain' : `${kind}/*`
}

function encodedText(text: string): string | undefined {
  try {
    return encode(new TextEncoder().encode(decodeURIComponent(text)))
  } catch {
    return undefined
  }
}

function encode(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
