import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type EventSourceMessage, createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ServerFrame } from '../../src/protocol/index.ts'
import { encodeSse } from '../../src/server/sse-connection.ts'

const injections = resolve(
  import.meta.dirname,
  '../../../shared/material/generated/sse-injection.json',
)

/** Every kind of frame, with `text` wherever a stranger's text may stand. */
function framesWith(text: string): readonly ServerFrame[] {
  const outcome = { state: 'output-available', output: { [text]: text }, errorText: text } as const
  return [
    { k: 'e', s: 7, e: { type: 'call-settled', callId: text, ...outcome, at: 1 } },
    { k: 'snap', s: 8, state: { messages: [{ id: text, parts: [{ type: 'text', text }] }] } },
    { k: 'd', m: text, p: 0, o: 0, x: text, h: { type: 'tool', toolCallId: text, toolName: text } },
    { k: 'p', c: text, a: 1, n: 1, x: [text] },
    { k: 'r', c: text, st: 'denied', why: text },
    { k: 'ping', s: 9 },
    { k: 'bye', why: 'slow', retryMs: 1_000 },
  ]
}

function parse(chunks: readonly string[]): {
  readonly messages: readonly EventSourceMessage[]
  readonly others: readonly unknown[]
} {
  const messages: EventSourceMessage[] = []
  const others: unknown[] = []
  const parser = createParser({
    onEvent: (message) => void messages.push(message),
    onRetry: (retry) => void others.push(['retry', retry]),
    onComment: (comment) => void others.push(['comment', comment]),
    onError: (error) => void others.push(['error', error]),
  })
  for (const chunk of chunks) parser.feed(chunk)
  return { messages, others }
}

/** One event for each frame, which holds that frame and nothing else. */
function expectRoundTrip(frames: readonly ServerFrame[], chunks: readonly string[]): void {
  const { messages, others } = parse(chunks)
  expect(messages.map(({ data }) => JSON.parse(data) as unknown)).toEqual(
    frames.map((frame) => JSON.parse(JSON.stringify(frame)) as unknown),
  )
  expect(messages.map(({ event }) => event)).toEqual(frames.map(() => undefined))
  expect(messages.map(({ id }) => id)).toEqual(
    frames.map((frame) => (frame.k === 'e' || frame.k === 'snap' ? String(frame.s) : undefined)),
  )
  expect(others).toEqual(frames.filter(({ k }) => k === 'ping').map(() => ['comment', 'ping']))
}

describe('one frame is one event, whatever text it holds', () => {
  test.skipIf(!existsSync(injections))('for known injections (needs ../shared)', () => {
    const texts = JSON.parse(readFileSync(injections, 'utf8')) as string[]
    expect(texts.length).toBeGreaterThan(12)
    for (const text of texts) {
      const frames = framesWith(text)
      expectRoundTrip(frames, frames.map(encodeSse))
      // The same where a proxy hands on one character at a time.
      expectRoundTrip(frames, frames.map(encodeSse).join('').split(''))
    }
  })

  test('for any text, split anywhere', () => {
    const unit = fc.oneof(
      fc.constantFrom('\n', '\r', '\r\n', '\n\n', ':', 'data:', 'id: 1', 'event: x', 'retry: 0'),
      fc.constantFrom('\u0000', '\u0085', '\u2028', '\u2029', '\uFEFF', '\uD800', '"', '\\'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    )
    const text = fc.array(unit, { maxLength: 8 }).map((units) => units.join(''))
    fc.assert(
      fc.property(text, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (hostile, sizes) => {
        const frames = framesWith(hostile)
        expectRoundTrip(frames, split(frames.map(encodeSse).join(''), sizes))
      }),
      { numRuns: 300 },
    )
  })
})

function split(text: string, sizes: Iterator<number>): readonly string[] {
  const chunks: string[] = []
  for (let at = 0; at < text.length;) {
    const size = Number(sizes.next().value)
    chunks.push(text.slice(at, at + size))
    at += size
  }
  return chunks
}
