import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPartialJsonParser, type PartialJsonParser } from '../../src/base/index.ts'
import { isJson, isPrefixOfJson, readPrefix } from './partial-json-reference.ts'
import { cuts, damagedText, jsonText } from './partial-json-texts.ts'

type Path = readonly (string | number)[]
type Cuts = readonly { length: number; isRead: boolean }[]

const anyText = fc.oneof(jsonText, damagedText)
const runs = { numRuns: 600 }

/** Pushes the text in pieces, over and over through the cuts, and calls back after each. */
function pushInPieces(
  parser: PartialJsonParser,
  { text, pieces }: { text: string; pieces: Cuts },
  afterPiece: (pushed: string, isRead: boolean) => void,
): void {
  let at = 0
  for (let index = 0; at < text.length; index++) {
    const { length, isRead } = pieces[index % pieces.length] ?? { length: 1, isRead: true }
    parser.push(text.slice(at, at + length))
    at = Math.min(at + length, text.length)
    afterPiece(text.slice(0, at), isRead)
  }
}

/** How much of a text could still become JSON. */
function viableLength(text: string): number {
  let length = isJson(text) ? text.length : 0
  while (length < text.length && isPrefixOfJson(text.slice(0, length + 1))) length++
  return length
}

function expectEqual(actual: unknown, expected: unknown): void {
  // deepStrictEqual tells -0 from 0 and sees prototypes; the text shows the order of keys.
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected)
  expect(JSON.stringify(actual)).toBe(JSON.stringify(expected))
}

function expectSameEnd(parser: PartialJsonParser, text: string): void {
  if (isJson(text)) expectEqual(parser.end(), JSON.parse(text))
  else
    expect(() => parser.end()).toThrow(
      expect.objectContaining({ code: isPrefixOfJson(text) ? 'JSON_TRUNCATED' : 'JSON_MALFORMED' }),
    )
}

function everyPath(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return [path, ...entries.flatMap(([key, child]) => everyPath(child, [...path, key]))]
}

test('the end is that of JSON.parse, or both refuse, with nobody reading', () => {
  fc.assert(
    fc.property(anyText, cuts, (text, pieces) => {
      const parser = createPartialJsonParser()
      pushInPieces(parser, { text, pieces }, () => {})
      expectSameEnd(parser, text)
    }),
    { numRuns: 2_000 },
  )
})

test('the end is that of JSON.parse, or both refuse, with somebody reading now and then', () => {
  fc.assert(
    fc.property(anyText, cuts, (text, pieces) => {
      const parser = createPartialJsonParser()
      pushInPieces(parser, { text, pieces }, (_pushed, isRead) => isRead && parser.value)
      expectSameEnd(parser, text)
    }),
    { numRuns: 2_000 },
  )
})

test('every partial value shows what the text says so far, however it is cut', () => {
  fc.assert(
    fc.property(anyText, cuts, (text, pieces) => {
      const parser = createPartialJsonParser()
      const viable = viableLength(text)
      pushInPieces(parser, { text, pieces }, (pushed, isRead) => {
        if (isRead)
          expectEqual(
            parser.value,
            readPrefix(pushed.slice(0, viable), pushed.length > viable).value,
          )
      })
    }),
    runs,
  )
})

test('the problem names the first character that no JSON text has there, or the end', () => {
  fc.assert(
    fc.property(anyText, cuts, (text, pieces) => {
      const parser = createPartialJsonParser()
      const viable = viableLength(text)
      pushInPieces(parser, { text, pieces }, (pushed) => {
        const truncated = isJson(pushed) ? undefined : { kind: 'truncated', offset: pushed.length }
        const malformed = { kind: 'malformed', offset: viable }
        expect(parser.problem).toEqual(pushed.length > viable ? malformed : truncated)
      })
    }),
    runs,
  )
})

test('exactly the values that have ended are complete', () => {
  fc.assert(
    fc.property(jsonText, cuts, (text, pieces) => {
      const parser = createPartialJsonParser()
      pushInPieces(parser, { text, pieces }, (pushed) => {
        const { value, complete } = readPrefix(pushed)
        for (const path of everyPath(value)) {
          const isComplete = complete.some((other) => isDeepStrictEqual(other, path))
          expect([path, parser.isComplete(path)]).toEqual([path, isComplete])
        }
      })
      const value = parser.end()
      for (const path of everyPath(value)) expect(parser.isComplete(path)).toBe(true)
    }),
    runs,
  )
})

test('a value that was read never changes', () => {
  fc.assert(
    fc.property(anyText, cuts, (text, pieces) => {
      const parser = createPartialJsonParser()
      const read: [value: unknown, asText: string][] = []
      pushInPieces(parser, { text, pieces }, (_pushed, isRead) => {
        if (isRead) read.push([parser.value, JSON.stringify(parser.value)])
      })
      for (const [value, asText] of read) expect(JSON.stringify(value)).toBe(asText)
    }),
    runs,
  )
})

test('what did not become more is the same object in the next value', () => {
  const oneOfEachKey = jsonText.filter(
    (text) => JSON.stringify(JSON.parse(text)).length > 0 && !hasRepeatedKey(text),
  )
  fc.assert(
    fc.property(oneOfEachKey, cuts, (text, pieces) => {
      const parser = createPartialJsonParser()
      let before: unknown
      pushInPieces(parser, { text, pieces }, (_pushed, isRead) => {
        if (!isRead) return
        expectShared(before, parser.value)
        before = parser.value
      })
      expectShared(before, parser.end())
    }),
    runs,
  )
})

function expectShared(before: unknown, after: unknown): void {
  if (typeof before !== 'object' || before === null || typeof after !== 'object' || after === null)
    return
  if (isDeepStrictEqual(before, after)) expect(after).toBe(before)
  else
    for (const key of Object.keys(before))
      expectShared(Reflect.get(before, key), Reflect.get(after, key))
}

/** Whether a key stands twice in one object: then the text has more members than the value. */
function hasRepeatedKey(text: string): boolean {
  let members = 0
  JSON.parse(text, (_key, value: unknown) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      members += Object.keys(value).length
    return value
  })
  return (text.replace(/"(?:[^"\\]|\\[^])*"/g, '').match(/:/g) ?? []).length !== members
}

test('types stay, atoms come whole, strings and containers only grow', () => {
  fc.assert(
    fc.property(
      jsonText.filter((text) => !hasRepeatedKey(text)),
      cuts,
      (text, pieces) => {
        const parser = createPartialJsonParser()
        let before: unknown
        pushInPieces(parser, { text, pieces }, () => {
          expectGrown(before, parser.value)
          before = parser.value
        })
        expectGrown(before, parser.end())
        expectGrown(before, JSON.parse(text))
      },
    ),
    runs,
  )
})

function expectGrown(before: unknown, after: unknown): void {
  if (before === undefined) return
  if (typeof before === 'string')
    expect(String(after).startsWith(before) && typeof after).toBe('string')
  else if (typeof before !== 'object' || before === null)
    expect(Object.is(after, before)).toBe(true)
  else {
    expect(Array.isArray(after)).toBe(Array.isArray(before))
    const grown: object = Object(after)
    expect(Object.keys(grown)).toEqual(expect.arrayContaining(Object.keys(before)))
    for (const key of Object.keys(before))
      expectGrown(Reflect.get(before, key), Reflect.get(grown, key))
  }
}

test('the pieces of each string add up to it, in whole characters', () => {
  fc.assert(
    fc.property(jsonText, cuts, fc.boolean(), (text, pieces, isReading) => {
      const strings = new Map<string, string>()
      const parser = createPartialJsonParser({
        onAppend(path, piece, start) {
          const name = JSON.stringify(path)
          const before = start === 0 ? '' : (strings.get(name) ?? '')
          expect([before.length, piece.length > 0]).toEqual([start, true])
          strings.set(name, before + piece)
        },
      })
      pushInPieces(parser, { text, pieces }, (pushed) => {
        if (!isReading) return
        const { value } = readPrefix(pushed)
        for (const path of everyPath(value)) {
          const leaf = path.reduce<unknown>((node, key) => Reflect.get(Object(node), key), value)
          if (typeof leaf === 'string' && leaf !== '')
            expect(strings.get(JSON.stringify(path))).toBe(leaf)
        }
        expectEqual(parser.value, value)
      })
      const end = parser.end()
      for (const path of everyPath(end)) {
        const leaf = path.reduce<unknown>((node, key) => Reflect.get(Object(node), key), end)
        if (typeof leaf === 'string' && leaf !== '')
          expect(strings.get(JSON.stringify(path))).toBe(leaf)
      }
    }),
    runs,
  )
})
