// Writes JSON as models write it wrongly, in every way that is repaired.
import fc from 'fast-check'
import type { Json, JsonObject } from '../../../src/base/index.ts'

/** Chooses, again and again, one of the numbers below `count`; 0 is "as JSON has it". */
export type Chance = (count: number) => number

export const anyChance: fc.Arbitrary<Chance> = fc
  .array(fc.nat(1_000), { minLength: 1, maxLength: 50 })
  .map((numbers) => {
    let at = 0
    return (count) => numbers[at++ % numbers.length]! % count
  })

/** Texts as they occur: words, code, paths, patterns, quotes of every kind. */
const string = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    'it\'s "so"',
    'a\nb\tc\r\n',
    'C:\\dir\\x',
    '\\d+\\s',
    '{"a":1}',
    '```',
    '// no',
    '#',
  ),
  fc.constantFrom(
    'True',
    'null',
    '12',
    '\\',
    '\\n',
    '\u2028',
    '',
    '__proto__',
    'é\u{1F600}',
    '\ud800',
  ),
)
const key = fc.oneof(
  string,
  fc.constantFrom('a', '_b', '$c', 'grün', 'true', 'None', 'constructor'),
)

export const input: fc.Arbitrary<JsonObject> = fc.letrec<{ value: Json; object: JsonObject }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      string,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number || 0),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      tie('object'),
    ),
    object: fc
      .array(fc.tuple(key, tie('value')), { maxLength: 4 })
      .map((members) => Object.fromEntries(members)),
  }),
).object

/** `value` as a text that the tolerant grammar reads. */
export function damaged(value: Json, chance: Chance): string {
  const space = (): string =>
    ['', '', ' ', '\n', '\t// it\'s "so" }\n', '/* {,"\' */', '#\r'][chance(7)]!
  const comma = (): string => (chance(2) ? `,${space()}` : '')
  if (Array.isArray(value)) {
    if (value.length === 0) return `[${space()}]`
    return `[${space()}${value.map((item) => damaged(item, chance)).join(`,${space()}`)}${comma()}]`
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([name, member]) =>
        `${damagedKey(name, chance)}${space()}:${space()}${damaged(member, chance)}${space()}`,
    )
    if (members.length === 0) return `{${space()}}`
    return `{${space()}${members.join(`,${space()}`)}${comma()}}`
  }
  if (typeof value === 'string') return damagedString(value, chance)
  const text = JSON.stringify(value)
  const python = { true: 'True', false: 'False', null: 'None' }[text]
  return python && chance(2) ? python : text
}

function damagedKey(name: string, chance: Chance): string {
  return /^[$_a-z]\w*$/i.test(name) && chance(2) ? name : damagedString(name, chance)
}

function damagedString(text: string, chance: Chance): string {
  const escaped = JSON.stringify(text).slice(1, -1)
  const quoted = chance(2) ? `'${singleQuoted(escaped, chance)}'` : `"${escaped}"`
  if (chance(2)) return quoted
  const keepsBackslash = unescaped(quoted)
  return chance(2) ? keepsBackslash : raw(quoted)
}

function singleQuoted(escaped: string, chance: Chance): string {
  const double = chance(2) ? escaped : escaped.replaceAll(/(?<!\\)((?:\\\\)*)\\"/g, '$1"')
  return double.replaceAll("'", "\\'")
}

/** Line ends and tabs as they are. */
function raw(quoted: string): string {
  return quoted.replaceAll(
    /(?<!\\)((?:\\\\)*)\\([nrt])/g,
    (_, before: string, letter: string) => before + { n: '\n', r: '\r', t: '\t' }[letter],
  )
}

/** Single backslashes where they escape nothing; only in strings that cannot be read in two ways. */
function unescaped(quoted: string): string {
  const escapes = quoted.matchAll(/\\(.)/gs)
  if ([...escapes].some(([, letter = '']) => 'bfnrt'.includes(letter))) return quoted
  return quoted.replaceAll(/\\\\(?=[^\\"'/bfnrtu])/g, '\\')
}

/** `text` of an input with what models put around it. */
export function surrounded(text: string, chance: Chance): string {
  const inString = chance(3) === 1 ? JSON.stringify(text) : text
  const isOpened = inString === text && chance(4) === 1 ? `{}${inString}` : inString
  const fenced =
    chance(3) === 1 ? `\`\`\`${['', 'json', 'JSON5'][chance(3)]}\n${isOpened}\n\`\`\`` : isOpened
  const mark = chance(4) === 1 ? '\ufeff' : ''
  return `${mark}${fenced}${chance(4) === 1 ? '\nThat is "it".' : ''}`
}
