// Events as bytes, in any of the ways that say the same; and bytes as events, read once more by other rules
// than those of the package.
import type { Format, FuzzStream, WireItem } from './grammar.ts'
import type { Random } from './random.ts'

const encoder = new TextEncoder()

/** Writes events plainly. */
export function plainBody({ framing, items }: Pick<FuzzStream, 'framing' | 'items'>): Uint8Array {
  const data = items.map((item) => item.data)
  if (framing === 'lines') return encoder.encode(data.map((line) => `${line}\n`).join(''))
  if (framing === 'array') return encoder.encode(`[${data.join(',\r\n')}\n]`)
  const named = items.map(({ event, data: text }) =>
    event === undefined ? `data: ${text}\n\n` : `event: ${event}\ndata: ${text}\n\n`,
  )
  return encoder.encode(named.join(''))
}

/** Writes the same events with everything that SSE, NDJSON and JSON allow besides. */
export function dressedBody(
  { framing, items }: Pick<FuzzStream, 'framing' | 'items'>,
  random: Random,
): Uint8Array {
  const space = (): string => random.pick(['', '', ' ', '\n', '\r\n'])
  if (framing === 'lines')
    return encoder.encode(items.map(({ data }) => space() + data + space() + '\n').join(''))
  if (framing === 'array')
    return encoder.encode(`${space()}[${items.map(({ data }) => space() + data + space()).join()}]`)
  const common = random.pick(['\n', '\r\n', '\r', undefined])
  const lineEnd = (): string => common ?? random.pick(['\n', '\r\n', '\r'])
  const filler = (): string =>
    random.chance(0.1)
      ? random.pick([': keep-alive', ':', 'id: 7', 'retry: 1', 'x: y']) + lineEnd()
      : ''
  let text = random.chance(0.1) ? '\uFEFF' : ''
  for (const { event, data } of items) {
    const lines = random.chance(0.1) ? data.replace(/^\{"/, '{\n"').split('\n') : [data]
    text += filler()
    if (event !== undefined) text += `event:${random.pick(['', ' '])}${event}${lineEnd()}`
    text += filler()
    for (const line of lines) text += `data:${random.pick(['', ' '])}${line}${lineEnd()}`
    // CR and LF are one line end together.
    text += text.endsWith('\r') && common === undefined ? '\r' : lineEnd()
  }
  return encoder.encode(text)
}

/** `bytes` in pieces of any length, as a network cuts them; then the end, or a break. */
export function bodyOf(
  bytes: Uint8Array,
  pieces: () => number,
  breaks = false,
): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream(
    {
      pull(controller) {
        if (at < bytes.length) {
          const next = at + pieces()
          controller.enqueue(bytes.slice(at, next))
          at = next
        } else if (breaks) controller.error(new Error('The network broke.'))
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

export interface ReadItem extends WireItem {
  /** Whether the body ended before the blank line behind it. */
  readonly last: boolean
  /** Whether the body is no stream, and this is all of it. */
  readonly document?: boolean
}

/** The events of a body, up to `[DONE]`. */
export function readBody(bytes: Uint8Array, format: Format): readonly ReadItem[] {
  const text = new TextDecoder().decode(bytes)
  const first = text.trim()[0] ?? ''
  const inValues = format === 'gemini' || format === 'ollama'
  if (inValues && '{['.includes(first)) return untilDone(readValues(text))
  if (first !== '' && '{[<'.includes(first))
    return [{ data: text.trim(), last: false, document: true }]
  return untilDone(readSse(text))
}

function untilDone(items: readonly ReadItem[]): readonly ReadItem[] {
  const done = items.findIndex(({ data }) => data === '[DONE]')
  return done < 0 ? items : items.slice(0, done + 1)
}

// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
function readSse(text: string): readonly ReadItem[] {
  const items: ReadItem[] = []
  let data: string[] = []
  let event: string | undefined
  const flush = (last: boolean): void => {
    const joined = data.join('\n').trim()
    if (joined && !joined.startsWith(':')) items.push({ data: joined, event, last })
    data = []
    event = undefined
  }
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  for (const [at, line] of lines.entries()) {
    if (line === '' && at < lines.length - 1) flush(false)
    const [, field, value = ''] = /^([^:]*):? ?([^]*)$/.exec(line) ?? []
    if (field === 'data') data.push(value)
    if (field === 'event') event = value || undefined
  }
  flush(true)
  return items
}

const tokens = /"[^"\\]*(?:\\[^][^"\\]*)*(?:"|\\?$)|[{}[\]]|[^"{}[\]]+/gy

function readValues(text: string): readonly ReadItem[] {
  const items: ReadItem[] = []
  for (let at = 0; at < text.length;) {
    at += /^[\s,[\]]*/.exec(text.slice(at))?.[0].length ?? 0
    const end = text[at] === '{' ? endOfObject(text, at) : text.indexOf('\n', at)
    const data = text.slice(at, end < 0 ? undefined : end)
    if (data) items.push({ data, last: end < 0 })
    if (end < 0) break
    at = end
  }
  return items
}

/** How deeply a JSON text is nested. */
export function depthOf(text: string): number {
  let deepest = 0
  for (const { depth } of nestingOf(text, 0)) deepest = Math.max(deepest, depth)
  return deepest
}

function endOfObject(text: string, from: number): number {
  for (const { depth, end } of nestingOf(text, from)) if (depth === 0) return end
  return -1
}

/** How deep a text is behind each of its tokens. */
function* nestingOf(
  text: string,
  from: number,
): Generator<{ readonly depth: number; readonly end: number }> {
  const pattern = new RegExp(tokens)
  pattern.lastIndex = from
  let depth = 0
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [token] = match
    if (token === '{' || token === '[') depth++
    if (token === '}' || token === ']') depth--
    yield { depth, end: pattern.lastIndex }
  }
}
