import fc from 'fast-check'
import { createParser } from 'eventsource-parser'
import { expect, test } from 'vitest'
import { eventData } from '../../src/transports/_event-data.ts'

function stream(bytes: Uint8Array, cuts: readonly number[]): ReadableStream<Uint8Array> {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1))), bytes.length]
  let from = 0
  return new ReadableStream({
    start(controller) {
      for (const end of ends.toSorted((a, b) => a - b)) {
        controller.enqueue(bytes.slice(from, end))
        from = end
      }
      controller.close()
    },
  })
}

async function read(text: string, cuts: readonly number[] = []): Promise<string[]> {
  const seen: string[] = []
  for await (const data of eventData(stream(new TextEncoder().encode(text), cuts))) seen.push(data)
  return seen
}

test('gives the data of each event, and skips comments, ids and what was cut off', async () => {
  const text = ': open\n\nid: 1\ndata: {"a":1}\n\n: ping\ndata:{"b":2}\n\ndata: {"cut'
  expect(await read(text)).toEqual(['{"a":1}', '{"b":2}'])
})

test('reads what any parser of the standard reads, split anywhere', async () => {
  const piece = fc.constantFrom(
    'data: ',
    'data:',
    'data',
    ': c',
    'id: 1',
    'x',
    'ü',
    '😀',
    '{"a":1}',
    ' ',
  )
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r')
  const text = fc.array(fc.tuple(fc.array(piece, { maxLength: 3 }), lineEnd), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(), { maxLength: 8 }), async (lines, cuts) => {
      const joined = lines.map(([pieces, end]) => pieces.join('') + end).join('')
      const expected: string[] = []
      createParser({ onEvent: ({ data }) => expected.push(data) }).feed(joined)
      const whole = joined.endsWith('\r') ? `${joined}: end` : joined
      const seen = await read(whole, cuts)
      expect(seen).toEqual(expected.slice(0, seen.length))
      expect(expected.length - seen.length).toBeLessThanOrEqual(joined.endsWith('\r') ? 1 : 0)
    }),
    { numRuns: 500 },
  )
})
