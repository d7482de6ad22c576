import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isCatastrophic } from '../../src/tools/catastrophic.ts'
import { PatternMatcher } from '../../src/tools/pattern-matcher.ts'
import { repeatsAmbiguously } from '../../src/tools/repeat-ambiguity.ts'

const matches = (pattern: string, text: string): boolean => new PatternMatcher(pattern).test(text)

describe('it matches as the native engine does', () => {
  const leaf = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    '\\w',
    '\\d',
    '\\b',
    '\\B',
    '^',
    '$',
    '',
  )
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { maxDepth: 4, depthSize: 'medium' },
      leaf,
      fc.tuple(tie('pattern'), tie('pattern')).map((both) => both.join('')),
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
      fc
        .tuple(
          tie('pattern'),
          fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,2}', '{2,}', '*?'),
        )
        .map(([a, count]) => `(${a})${count}`),
      tie('pattern').map((a) => `(?=${a})`),
      tie('pattern').map((a) => `(?!${a})`),
    ),
  }))
  const unit = fc.constantFrom('a', 'b', ' ', '1', 'é', '\n')
  const texts = fc.array(fc.string({ unit, maxLength: 7 }), { minLength: 1, maxLength: 5 })

  test('on any pattern and text', () => {
    fc.assert(
      fc.property(pattern, texts, (source, list) => {
        const ours = new PatternMatcher(source)
        const native = new RegExp(source, 'u')
        expect(list.map((text) => ours.test(text))).toEqual(list.map((text) => native.test(text)))
      }),
      { numRuns: 10_000 },
    )
  })

  test.each([
    ['^(?:ab?)*c$', 'aabac'],
    ['^(?:(?:ab?)+c?)*d$', 'aacabd'],
    ['^(?:a(?=a|b))*b$', 'aaab'],
    ['^(?:a(?!b))*b$', 'aaab'],
    ['^\\p{Letter}+$', 'Größe漢'],
    ['^\\p{Letter}+$', 'a1'],
    ['^.$', '\u{1f600}'],
    ['^..$', '\u{1f600}'],
    ['^[\\u{1f600}-\\u{1f64f}]+$', '\u{1f601}\u{1f64f}'],
    ['^\\uD83D\\uDE00$', '\u{1f600}'],
    ['^[^\\]]\\x41\\u0042\\cJ\\0$', 'xAB\n\0'],
    ['^.$', '\u2028'],
    ['^\\$\\{x\\}\\/$', '${x}/'],
    ['(?<year>\\d{4})-(?<month>\\d\\d)', 'on 2026-11'],
    ['^(?!\\.)(?!.*\\.\\.)[a-z.]+@', 'a.b@'],
    ['^(?!\\.)(?!.*\\.\\.)[a-z.]+@', 'a..b@'],
    ['a{,3}', 'a{,3}'],
    ['\\d{2,}?x', '12x'],
  ])('%s on %j', (source, text) => {
    let native: boolean | undefined
    try {
      native = new RegExp(source, 'u').test(text)
    } catch {
      native = undefined
    }
    if (native === undefined) expect(() => matches(source, text)).toThrow('not supported')
    else expect(matches(source, text)).toBe(native)
  })
})

test('what people escape without need is taken for itself', () => {
  expect(matches('^[\\w\\@]+\\-\\_$', 'a@-_')).toBe(true)
})

test.each([
  '(?<=a)b',
  '(?<!a)b',
  '(a)\\1',
  '(?<n>a)\\k<n>',
  '(?i:a)',
  '(a',
  'a)',
  '[a',
  'a**',
  '^*',
  '\\',
])('%s is not supported', (source) => {
  expect(() => new PatternMatcher(source)).toThrow(
    /^has ".*" at offset \d+, which is not supported$/,
  )
})

test.each(['\\p{Nonsense}', '[b-a]'])('%s is no class', (source) => {
  expect(() => new PatternMatcher(source)).toThrow('no character class')
})

test.each(['a{3000}', '(?:a{60}){60}', 'a'.repeat(3_000)])('%s is too large', (source) => {
  expect(() => new PatternMatcher(source)).toThrow('too large')
})

test('its cost is stated before, so that a budget can refuse the text', () => {
  expect(new PatternMatcher('^[a-z]+$').cost).toBeLessThan(20)
  expect(new PatternMatcher('^(?:[a-z]{1,60}\\.)*$').cost).toBeGreaterThan(100)
})

describe('catastrophic patterns', () => {
  const exponential = [
    '^(a+)+$',
    '(a*)*b',
    '^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(x+x+)+y',
    '^(?:(.+)+)+$',
    '(a|aa)+$',
    '(a|a?)+$',
    '^([^/]+(?:,[^/]+)*)*$',
    '^(\\w+\\s?)*$',
    '^(.*a){25}$',
    '^(a{1,3}){25}$',
    '(?=(a+)+b)a',
    '(\\d{3}|\\d{4})+',
    '^(?:[0-9a-f]|\\d)+$',
    '(?:\\s|\\n)+$',
  ]
  test.each(exponential)('%s is seen by both analyses', (source) => {
    expect([isCatastrophic(source), repeatsAmbiguously(source)]).toEqual([true, true])
  })

  test.each(['^(a|b|ab)*c', '^("[^"]*"|[^,]*)(,("[^"]*"|[^,]*))*$', '^(?:aba|ab|a)+$'])(
    '%s is seen by the one for foreign schemas',
    (source) => {
      expect([isCatastrophic(source), repeatsAmbiguously(source)]).toEqual([true, false])
    },
  )

  test.each([
    '^[a-z0-9]+(?:-[a-z0-9]+)*$',
    '^([a-z]+\\.)+[a-z]{2,}$',
    '^(?:[^"\\\\]|\\\\.)*$',
    '^([A-Z]+[0-9]+)+$',
    '^(?:ab|ac)+$',
    '^(a?)*$',
    '^(?:a|b?)*$',
    '^(\\d{3}-|\\d{4}_)+$',
    '(.|\\n)*',
    '^(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}$',
    '^(?:\\/[\\w-]+)+$',
    '^#?([0-9a-f]{3}){1,2}$',
    '\\s*,\\s*$',
    '(?<name>[a-z]+)(?: \\k<name>)*',
    '(',
  ])('%s is not catastrophic', (source) => {
    expect([isCatastrophic(source), repeatsAmbiguously(source)]).toEqual([false, false])
  })

  test('the quick analysis sees nothing that the thorough one does not', () => {
    const part = fc.constantFrom(
      'a',
      'b',
      'ab',
      '[ab]',
      'a?',
      'a+',
      'b*',
      'a|b',
      'a|ab',
      'aa|a',
      '',
    )
    const parts = fc.array(fc.tuple(part, fc.constantFrom('', '', '?', '*', '{2}', '{1,3}')), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(parts, fc.constantFrom('*', '+', '{9}', '{99}'), (list, count) => {
        const source = `^(${list.map(([one, times]) => `(?:${one})${times}`).join('')})${count}$`
        if (repeatsAmbiguously(source))
          expect([source, isCatastrophic(source)]).toEqual([source, true])
      }),
      { numRuns: 5_000 },
    )
  })

  test('a harmless pattern is harmless to the native engine', () => {
    // What it does cannot be counted, but an exponential one would not come back from this.
    const part = fc.constantFrom('a', 'b', 'ab', '[ab]', 'a?', 'a+', 'b*', 'a|b', 'a|ab', 'aa|a')
    const parts = fc.array(part, { minLength: 1, maxLength: 3 })
    const word = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(parts, word, (list, unit) => {
        const source = `^(?:${list.map((one) => `(?:${one})`).join('')})*$`
        if (isCatastrophic(source)) return
        expect(new RegExp(source, 'u').test(`${unit.repeat(20)}!`)).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })
})

const attacks = path.resolve(
  import.meta.dirname,
  '../../../shared/material/generated/redos-patterns.json',
)

test.skipIf(!existsSync(attacks))(
  'known attacks are refused or matched at once (skipped where ../shared/material is absent)',
  () => {
    const list = JSON.parse(readFileSync(attacks, 'utf8')) as { pattern: string; attack: string }[]
    expect(list.length).toBeGreaterThan(10)
    let refused = 0
    for (const { pattern, attack } of list) {
      const [, unit = '', count = '', end = ''] = /^(.*)\*(\d+)(.*)$/.exec(attack) ?? []
      try {
        if (isCatastrophic(pattern)) refused += 1
        else expect(matches(pattern, unit.repeat(Number(count)) + end)).toBe(false)
      } catch (error) {
        expect(String(error)).toContain('not supported')
        refused += 1
      }
    }
    expect(refused).toBe(list.length - 3)
  },
)
