import { expect, test } from 'vitest'
import {
  createPartialJsonParser,
  ToolwireError,
  type PartialJsonOptions,
  type PartialJsonParser,
} from '../../src/base/index.ts'

function parserOf(text: string, options?: PartialJsonOptions): PartialJsonParser {
  const parser = createPartialJsonParser(options)
  parser.push(text)
  return parser
}

function refusal(parser: PartialJsonParser): unknown {
  try {
    return parser.end()
  } catch (error) {
    return error instanceof ToolwireError ? { code: error.code, message: error.message } : error
  }
}

test('a value is readable while its text comes', () => {
  const parser = createPartialJsonParser()
  const shown = [
    '{"pa',
    'th":',
    '"src/',
    'a.ts","lin',
    'es":[1',
    '2,',
    '3',
    '],"ok":tr',
    'ue}',
  ].map((piece) => {
    parser.push(piece)
    return parser.value
  })
  expect(shown).toEqual([
    {},
    {},
    { path: 'src/' },
    { path: 'src/a.ts' },
    { path: 'src/a.ts', lines: [] },
    { path: 'src/a.ts', lines: [12] },
    { path: 'src/a.ts', lines: [12] },
    { path: 'src/a.ts', lines: [12, 3] },
    { path: 'src/a.ts', lines: [12, 3], ok: true },
  ])
  expect(parser.end()).toBe(parser.value)
})

test('nothing is known of an empty text, and it is cut off', () => {
  const parser = createPartialJsonParser()
  expect([parser.value, parser.problem]).toEqual([undefined, { kind: 'truncated', offset: 0 }])
  expect(refusal(parser)).toEqual({
    code: 'JSON_TRUNCATED',
    message: 'JSON is cut off at offset 0.',
  })
})

test('a number alone is a document, though more digits may come', () => {
  const parser = parserOf('-12')
  expect([parser.problem, parser.value, parser.isComplete([])]).toEqual([
    undefined,
    undefined,
    false,
  ])
  parser.push('.')
  expect(parser.problem).toEqual({ kind: 'truncated', offset: 4 })
  parser.push('50')
  expect([parser.end(), parser.value, parser.isComplete([])]).toEqual([-12.5, -12.5, true])
})

test.each([
  ['{"a":1}x', 7, '"x"'],
  ['{"a":01}', 6, '"1"'],
  ['[1,]', 3, '"]"'],
  ['["\\x"]', 3, '"x"'],
  ['["\\u12g4"]', 6, '"g"'],
  ['["a\tb"]', 3, '"\\t"'],
  ['[tru3]', 4, '"3"'],
  ['\ufeff{}', 0, '"\ufeff"'],
  ['[1}', 2, '"}"'],
  ["{'a':1}", 1, '"\'"'],
])('%j is refused at offset %i', (text, offset, found) => {
  const parser = parserOf(text)
  expect(parser.problem).toEqual({ kind: 'malformed', offset })
  const message = `Unexpected ${found} in JSON at offset ${offset}.`
  expect(refusal(parser)).toEqual({ code: 'JSON_MALFORMED', message })
})

test('what comes after a refused character changes nothing', () => {
  const parser = parserOf('{"a":1,}')
  parser.push('"b":2}')
  expect([parser.value, parser.problem]).toEqual([{ a: 1 }, { kind: 'malformed', offset: 7 }])
})

test('after the end only white space may come', () => {
  const parser = parserOf('[1]')
  parser.end()
  parser.push(' \n')
  expect(parser.end()).toEqual([1])
  parser.push('2')
  expect(parser.problem).toEqual({ kind: 'malformed', offset: 5 })
})

test('a surrogate pair is shown whole, and half a pair that stays half is kept', () => {
  const parser = parserOf('["\ud83d')
  expect(parser.value).toEqual([''])
  parser.push('\ude00\\ud8')
  expect(parser.value).toEqual(['😀'])
  parser.push('3d\\ude')
  expect(parser.value).toEqual(['😀'])
  parser.push('00\\ud83d"]')
  expect(parser.end()).toEqual(['😀😀\ud83d'])
})

test('a key __proto__ is a key, also where it is copied for a snapshot', () => {
  const parser = createPartialJsonParser()
  for (const piece of ['{"__proto__":{"polluted":', '"yes"', '},"a":', '"b"', ',"c":1}']) {
    parser.push(piece)
    const value = Object(parser.value)
    expect([Object.getPrototypeOf(value), value.polluted]).toEqual([Object.prototype, undefined])
  }
  expect(parser.end()).toStrictEqual(JSON.parse('{"__proto__":{"polluted":"yes"},"a":"b","c":1}'))
})

test('a repeated key takes back that its value is complete, and the last one wins', () => {
  const parser = parserOf('{"a":[1],"b":2')
  expect([parser.isComplete(['a']), parser.isComplete(['a', 0])]).toEqual([true, true])
  parser.push(',"a":')
  expect([parser.value, parser.isComplete(['a'])]).toEqual([{ a: [1], b: 2 }, false])
  parser.push('"x')
  expect(parser.value).toEqual({ a: 'x', b: 2 })
  parser.push('"}')
  expect([JSON.stringify(parser.end()), parser.isComplete(['a'])]).toEqual([
    '{"a":"x","b":2}',
    true,
  ])
})

test('completeness is asked by keys and indices, and only of what is there', () => {
  const parser = parserOf('{"items":[{"id":1},{"id":2')
  const complete = (...path: (string | number)[]): boolean => parser.isComplete(path)
  expect([complete('items', 0), complete('items', 0, 'id'), complete('items', '0')]).toEqual([
    true,
    true,
    true,
  ])
  expect([complete(), complete('items'), complete('items', 1), complete('items', 1, 'id')]).toEqual(
    [false, false, false, false],
  )
  expect([
    complete('items', 2),
    complete('items', 'length'),
    complete('toString'),
    complete('items', 0, 'id', 0),
  ]).toEqual([false, false, false, false])
})

test('a key of one backslash does not stand in for other escapes', () => {
  // JSON.parse of V8 13.6 gets this wrong once it has seen such a key.
  const parser = parserOf('[{"q":0,"\\\\":1},{"q":0,"\\n":1},{"q":0,"\\u0061":1}]')
  expect(parser.end()).toEqual([
    { q: 0, '\\': 1 },
    { q: 0, '\n': 1 },
    { q: 0, a: 1 },
  ])
})

test('growing strings are told piece by piece, with their place', () => {
  const told: unknown[] = []
  const paths = new Set<unknown>()
  const parser = createPartialJsonParser({
    onAppend(path, text, start) {
      told.push([path.join('/'), text, start])
      paths.add(path)
    },
  })
  for (const piece of ['{"a":["', 'on', 'e\\n', 'two"', ',"three"],"', 'key":"', '","a":"x"}'])
    parser.push(piece)
  expect(told).toEqual([
    ['a/0', 'on', 0],
    ['a/0', 'e\n', 2],
    ['a/0', 'two', 4],
    ['a/1', 'three', 0],
    ['a', 'x', 0],
  ])
  // One path object for each string.
  expect(paths.size).toBe(3)
})

test('a listener sees a parser that has taken in the whole piece, and its error reaches push', () => {
  const seen: unknown[] = []
  const parser: PartialJsonParser = createPartialJsonParser({
    onAppend() {
      seen.push(parser.value)
      throw new Error('The page is gone.')
    },
  })
  expect(() => parser.push('{"a":"b","c":1,')).toThrow('The page is gone.')
  expect([seen, parser.value]).toEqual([[{ a: 'b', c: 1 }], { a: 'b', c: 1 }])
  parser.push('"d":2}')
  expect(parser.end()).toEqual({ a: 'b', c: 1, d: 2 })
})

test.each([
  ['maxDepth', '[[{}]]', 3, 2, [[]]],
  ['maxLength', '["abc"]', 7, 6, ['abc']],
  ['maxKeys', '[{"a":1,"a":2},{"b":3}]', 3, 16, [{ a: 2 }, {}]],
] as const)('%s allows %j at %i and refuses it below', (limit, text, enough, offset, shown) => {
  expect(parserOf(text, { [limit]: enough }).end()).toEqual(JSON.parse(text))
  const parser = createPartialJsonParser({ [limit]: enough - 1 })
  for (const piece of text) parser.push(piece)
  expect(parser.problem).toEqual({ kind: 'malformed', offset })
  expect(refusal(parser)).toEqual({
    code: 'JSON_LIMIT',
    message: `JSON exceeds "${limit}" at offset ${offset}.`,
  })
  expect(parser.value).toEqual(shown)
})

test('a limit that is no number allows nothing', () => {
  for (const limit of ['maxDepth', 'maxLength', 'maxKeys'])
    expect(refusal(parserOf('{"a":1}', { [limit]: Number.NaN }))).toMatchObject({
      code: 'JSON_LIMIT',
    })
})

test('a million levels are refused at the first that is too deep', () => {
  for (const level of ['[', '{"a":']) {
    const parser = parserOf(level.repeat(1_000_000))
    expect(parser.problem).toEqual({ kind: 'malformed', offset: 1_000 * level.length })
    expect(refusal(parser)).toMatchObject({ code: 'JSON_LIMIT' })
  }
})

test('a megabyte string is shown after each of its pieces', () => {
  const parser = createPartialJsonParser()
  const lengths = new Set<number>()
  parser.push('{"content":"')
  for (let piece = 0; piece < 65_536; piece++) {
    parser.push('sixteen letters ')
    lengths.add(String(Reflect.get(Object(parser.value), 'content').length).length)
  }
  parser.push('"}')
  expect(parser.end()).toEqual({ content: 'sixteen letters '.repeat(65_536) })
  expect(lengths).toEqual(new Set([2, 3, 4, 5, 6, 7]))
})

test('a number of a million digits is read digit by digit', () => {
  const parser = createPartialJsonParser()
  for (let digit = 0; digit < 1_000_000; digit++) parser.push('1')
  expect(parser.end()).toBe(Number.POSITIVE_INFINITY)
})
