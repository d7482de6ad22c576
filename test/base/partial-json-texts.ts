import fc from 'fast-check'

/** JSON texts in all spellings: white space, escapes, number forms, halves of surrogate pairs, repeated and odd keys. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string; spaced: string }>(
  (tie) => ({
    spaced: fc.tuple(space(), tie('value'), space()).map((parts) => parts.join('')),
    value: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'json' },
      scalar(),
      list('[', tie('spaced'), ']'),
      list(
        '{',
        fc
          .tuple(space(), key(), space(), tie('spaced'))
          .map(([a, name, b, value]) => `${a}${name}${b}:${value}`),
        '}',
      ),
    ),
  }),
).spaced

const damages = Array.from('[]{}:,"\\/ \t\n\u0000-+.0159eEtruefalsnu')

/** A text with one place changed: most are not JSON any more, and some still are. */
export const damagedText: fc.Arbitrary<string> = fc
  .tuple(
    jsonText,
    fc.nat(),
    fc.nat(2),
    fc.oneof(fc.constantFrom(...damages), fc.string({ unit: 'binary', maxLength: 2 })),
  )
  .map(([text, place, removed, inserted]) => {
    const at = place % (text.length + 1)
    return text.slice(0, at) + inserted + text.slice(at + removed)
  })

/** How a text is cut: each piece with its length and whether the value is read after it. */
export const cuts: fc.Arbitrary<{ length: number; isRead: boolean }[]> = fc.array(
  fc.record({
    length: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 12 })),
    isRead: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30 },
)

function space(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom(' ', '\n  ', '\r\n', '\t') },
  )
}

function list(open: string, item: fc.Arbitrary<string>, close: string): fc.Arbitrary<string> {
  return fc
    .tuple(space(), fc.array(item, { maxLength: 4 }))
    .map(([inside, items]) => open + (items.length > 0 ? items.join(',') : inside) + close)
}

function scalar(): fc.Arbitrary<string> {
  return fc.oneof(string(), number(), fc.constantFrom('true', 'false', 'null'))
}

function key(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(
      '"a"',
      '"b"',
      '"\\u0061"',
      '""',
      '"1"',
      '"0"',
      '"__proto__"',
      '"constructor"',
      '"toString"',
      '"length"',
    ),
    // Once it has seen the key "\\\\", JSON.parse of V8 13.6 takes others of one escape, such as "\\n", for it.
    string().filter((text) => JSON.parse(text) !== '\\'),
  )
}

function string(): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.constantFrom('a', 'é', '\u2028', '😀', '\ud83d', '\ude00', '\u007f'),
    fc.constantFrom('\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t'),
    fc.constantFrom(
      '\\u0000',
      '\\u00e9',
      '\\uD83D',
      '\\ude00',
      '\\ud83d\\ude00',
      '\\u0022',
      '\\u005C',
    ),
    fc
      .string({ unit: 'grapheme-ascii', maxLength: 6 })
      .map((text) => JSON.stringify(text).slice(1, -1)),
  )
  return fc.array(unit, { maxLength: 6 }).map((units) => `"${units.join('')}"`)
}

function number(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc.constantFrom(
      '0',
      '-0',
      '-0.0',
      '1e3',
      '1E+3',
      '12.50',
      '1e-7',
      '9007199254740993',
      '1e400',
      '-1e-400',
      '0.1e1',
    ),
  )
}
