import { describe, expect, test } from 'vitest'
import { InputReader } from '../../../src/engine/repair/input-reader.ts'
import type { Grammar } from '../../../src/engine/repair/input-string.ts'

/** The one value that `text` is, or what is wrong with it. */
function read(text: string, grammar: Grammar = 'tolerant'): unknown {
  const reader = new InputReader(text, grammar)
  const value = reader.value()
  if (reader.problem) return `${reader.problem.kind} at ${reader.problem.offset}`
  reader.space()
  return reader.at === text.length ? value : `more at ${reader.at}`
}

describe('what the tolerant grammar takes beside JSON', () => {
  test.each([
    ['a comma behind the last member', '{"a":1,}', { a: 1 }],
    ['a comma behind the last item', '[1,2, ]', [1, 2]],
    ['a line comment', '{"a":1, // one\n"b":2}', { a: 1, b: 2 }],
    ['a comment of Python', '{"a":1 # one\r,"b":2}', { a: 1, b: 2 }],
    ['a block comment', '{/* " } */"a"/**/:/***/1/* * / */}', { a: 1 }],
    ['a comment before and behind', '// x\n{} /* y */', {}],
    ['single quotes', "{'a':'b'}", { a: 'b' }],
    ['other quotes within quotes', `{'a':'say "b"',"c":"it's"}`, { a: 'say "b"', c: "it's" }],
    ['an escaped single quote within single quotes', String.raw`['it\'s']`, ["it's"]],
    ['keys that are identifiers', '{a:1,_b2:2,$c:3,grün:4}', { a: 1, _b2: 2, $c: 3, grün: 4 }],
    ['keys that are literals', '{true:1,None:2}', { true: 1, None: 2 }],
    ['literals of Python', '[True,False,None]', [true, false, null]],
    ['line ends and tabs in strings', '["a\nb\r\nc\td"]', ['a\nb\r\nc\td']],
    [
      'a backslash that escapes nothing',
      String.raw`["\d+\.\w \x41 \'"]`,
      [String.raw`\d+\.\w \x41 \'`],
    ],
    ['a Windows path', String.raw`["C:\dir\x"]`, [String.raw`C:\dir\x`]],
    ['a u that is no code', String.raw`["C:\users \u12g4"]`, [String.raw`C:\users \u12g4`]],
    ['both kinds of backslash', String.raw`["C:\\a\d \" \/"]`, [String.raw`C:\a\d " /`]],
    ['a code beside a kept backslash', String.raw`["\u00e9\d"]`, [String.raw`é\d`]],
    [
      'a key twice with one value',
      '{a:{"x":1,"y":[2]},"a":{"y":[2],"x":1}}',
      { a: { x: 1, y: [2] } },
    ],
  ])('%s', (_, text, value) => {
    expect(read(text)).toEqual(value)
    expect(read(text, 'strict')).toBeTypeOf('string')
  })
})

describe('what stays an error', () => {
  test.each([
    ['a word that is no literal', '{"k": Dave}', 'malformed at 6'],
    ['quotes within a string', '{"n": "to the "boss", ok"}', 'malformed at 15'],
    ['an apostrophe within single quotes', "{'n': 'it's'}", 'malformed at 10'],
    ['NaN', '{"a":NaN}', 'malformed at 5'],
    ['Infinity', '{"a":-Infinity}', 'malformed at 5'],
    ['undefined', '{"a":undefined}', 'malformed at 5'],
    ['a literal that goes on', '[Truex]', 'malformed at 1'],
    ['a key twice with two values', '{"a":1,"a":2}', 'malformed at 11'],
    [
      'a key twice with two values, deep inside',
      '{"a":{"b":[1]},"a":{"b":[2]}}',
      'malformed at 19',
    ],
    ['a number that is none', '[01]', 'malformed at 1'],
    ['a number with a plus', '[+1]', 'malformed at 1'],
    ['a number without its digits', '[1., .5]', 'malformed at 1'],
    ['a hexadecimal number', '[0x1F]', 'malformed at 1'],
    ['a number that JSON cannot hold', '[1e999]', 'malformed at 1'],
    ['two commas', '[1,,2]', 'malformed at 3'],
    ['a comma alone', '{,}', 'malformed at 1'],
    ['a missing comma', '{"a":1 "b":2}', 'malformed at 7'],
    ['a missing value', '{"a":}', 'malformed at 5'],
    ['a missing key', '{:1}', 'malformed at 1'],
    ['a key with a hyphen', '{a-b:1}', 'malformed at 2'],
    ['a key that is a number', '{1:2}', 'malformed at 1'],
    ['the wrong bracket', '[1}', 'malformed at 2'],
    ['other control characters in strings', '["\u0001"]', 'malformed at 2'],
    ['backticks', '[`a`]', 'malformed at 1'],
    ['three quotes', '["""a"""]', 'malformed at 3'],
    ['strings that are to be joined', `["a" "b"]`, 'malformed at 5'],
    ['a set of Python', '{"a", "b"}', 'malformed at 4'],
    ['white space that is none in JSON', '[\u00a01]', 'malformed at 1'],
    ['a slash that begins no comment', '[1 / 2]', 'malformed at 3'],
    // With unescaped backslashes these are \t, \n and \b as much as a tab, a line end and a backspace.
    ['a path that can be read in two ways', String.raw`["C:\temp\data"]`, 'malformed at 9'],
    [
      'a path that can, before an escape that cannot',
      String.raw`["C:\temp\\\d"]`,
      'malformed at 11',
    ],
    ['a pattern that can be read in two ways', String.raw`["\bword\d"]`, 'malformed at 8'],
  ])('%s', (_, text, problem) => {
    expect(read(text)).toBe(problem)
    expect(read(text, 'strict')).toBeTypeOf('string')
  })

  test.each([
    ['nothing', '', 'cut at 0'],
    ['white space', ' \n', 'cut at 2'],
    ['an open object', '{"a":1', 'cut at 6'],
    ['an open string', '{"a":"b', 'cut at 7'],
    ['an open key', '{"a', 'cut at 3'],
    ['an open bare key', '{ab', 'cut at 3'],
    ['a key alone', '{"a"', 'cut at 4'],
    ['a comma at the end', '{"a":1,', 'cut at 7'],
    ['a literal in the making', '[Tr', 'cut at 3'],
    ['a number in the making', '[1.', 'cut at 3'],
    ['a number that may go on', '[12', 'cut at 3'],
    ['a sign', '[-', 'cut at 2'],
    ['an open block comment', '{"a":1 /* } ', 'cut at 12'],
    ['a line comment that takes the rest along', '{"a":1 // }', 'cut at 11'],
    ['half of a comment sign', '{"a":1 /', 'cut at 8'],
    ['an escape in the making', String.raw`["a\u00`, 'cut at 7'],
    ['a backslash at the end', '["a\\', 'cut at 4'],
    ['an escaped quote at the end', String.raw`["C:\dir\"]`, 'cut at 11'],
  ])('a text that is cut: %s', (_, text, problem) => {
    expect(read(text)).toBe(problem)
  })

  test('nesting as deep as canonical JSON goes, and no deeper', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
    expect(read(nested(256))).toEqual(JSON.parse(nested(256)))
    expect(read(nested(257))).toBe('malformed at 256')
    expect(read('{"a":'.repeat(100_000))).toBe('malformed at 1280')
  })
})

test('__proto__ is a key like any other', () => {
  const value = read('{__proto__:{polluted:True},"a":1,}')
  expect(Object.keys(value as object)).toEqual(['__proto__', 'a'])
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  expect(read('{__proto__:1,__proto__:2}')).toBe('malformed at 23')
})

test.each([
  ['braces', '{"a":'],
  ['quotes', `'"`],
  ['backslashes', '\\'],
  ['comment signs', '/*'],
  ['hashes', '#\n'],
  ['repeated keys', '"a":[1,2,3],'],
  ['numbers', '9'],
])('a long text of %s is read within the time of a test', (_, piece) => {
  const text = `{${piece.repeat(Math.ceil(1_000_000 / piece.length))}`
  // About 50 ms; quadratic work takes minutes, which the limit of the test tells.
  expect(read(text)).toMatch(/^(?:cut|malformed) at \d+$/)
})
