import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TextCallFamily } from '../../src/models/text-calls.ts'
import type { FinishReason } from '../../src/ports/index.ts'
import { type Answer, violations } from './answer.ts'
import { cutAt, families, hearText, joined, tool } from './text-calls-setup.ts'

interface Call {
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
}

const tools = ['write', 'exec', 'read_all'].map((name) =>
  tool(name, {
    text: { type: 'string' },
    note: { type: 'string' },
    count: { type: 'integer' },
    flag: { type: 'boolean' },
    list: { type: 'array' },
    meta: { type: 'object' },
    nothing: { type: 'null' },
  }),
)

/** Text as models write it, and text that looks like marks. */
const words = fc.constantFrom(
  '<b>',
  '</tool_call>',
  '<|call|>',
  '"',
  "'",
  '\\',
  '{',
  '}',
  '[',
  ']',
  '\n',
  '```',
  ' < ',
  'é',
  '😀',
)
const prose = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc
    .array(fc.oneof(words, fc.string({ maxLength: 4 })), { maxLength: 6 })
    .map((all) => all.join('')),
)
const json = fc.jsonValue({ maxDepth: 2 })
const input = fc.record(
  {
    text: prose,
    note: prose,
    count: fc.integer(),
    flag: fc.boolean(),
    list: fc.array(json, { maxLength: 3 }),
    meta: fc.dictionary(fc.string({ maxLength: 4 }), json, { maxKeys: 3 }),
    nothing: fc.constant(null),
  },
  { requiredKeys: [] },
)
const call: fc.Arbitrary<Call> = fc
  .record({ name: fc.constantFrom('write', 'exec', 'read_all'), input })
  // What JSON does not tell apart, as -0, is not told apart here either.
  .map(({ name, input: value }) => ({
    name,
    input: JSON.parse(JSON.stringify(value)) as Call['input'],
  }))

/** How each family writes calls. */
const writers: Readonly<Record<TextCallFamily, (calls: readonly Call[]) => string>> = {
  hermes: (calls) =>
    calls
      .map(
        ({ name, input: it }) => `<tool_call>\n${stringify({ name, arguments: it })}\n</tool_call>`,
      )
      .join('\n'),
  'qwen-coder': (calls) =>
    calls
      .map(
        ({ name, input: it }) =>
          `<tool_call>\n<function=${name}>\n${Object.entries(it)
            .map(([key, value]) => `<parameter=${key}>\n${plain(value)}\n</parameter>\n`)
            .join('')}</function>\n</tool_call>`,
      )
      .join('\n'),
  json: (calls) =>
    calls.map(({ name, input: it }) => stringify({ name, arguments: it })).join('\n'),
  kimi: (calls) =>
    `<|tool_calls_section_begin|>${calls
      .map(
        ({ name, input: it }, at) =>
          `<|tool_call_begin|>functions.${name}:${at}<|tool_call_argument_begin|>${stringify(it)}<|tool_call_end|>`,
      )
      .join('')}<|tool_calls_section_end|>`,
  deepseek: (calls) =>
    `<｜DSML｜tool_calls>\n${calls
      .map(
        ({ name, input: it }) =>
          `<｜DSML｜invoke name="${name}">\n${Object.entries(it)
            .map(
              ([key, value]) =>
                `<｜DSML｜parameter name="${key}" string="${typeof value === 'string'}">${plain(value)}</｜DSML｜parameter>\n`,
            )
            .join('')}</｜DSML｜invoke>\n`,
      )
      .join('')}</｜DSML｜tool_calls>`,
  'gpt-oss': (calls) =>
    calls
      .map(
        ({ name, input: it }) =>
          `<|start|>assistant<|channel|>commentary to=functions.${name} <|constrain|>json<|message|>${stringify(it)}<|call|>`,
      )
      .join(''),
  llama: (calls) => `[${calls.map(pythonCall).join(', ')}]`,
}

function stringify(value: unknown): string {
  return JSON.stringify(value)
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function pythonCall({ name, input: it }: Call): string {
  return `${name}(${Object.entries(it)
    .map(([key, value]) => `${key}=${python(value)}`)
    .join(', ')})`
}

function python(value: unknown): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string')
    return `'${value.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, each]) => `${python(key)}: ${python(each)}`)
      .join(', ')}}`
  return JSON.stringify(value)
}

/** Whether a text may stand in a parameter of this family as it is. */
function fits({ input: it }: Call, family: TextCallFamily): boolean {
  if (family !== 'qwen-coder') return true
  return Object.values(it).every(
    (value) =>
      !/<\/parameter>|\n<\/(?:function|tool_call)>|\n<parameter=|\r$/.test(`\n${plain(value)}`),
  )
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })
const anyReason = fc.constantFrom<FinishReason>('stop', 'length', 'other')
const within = { numRuns: 150 }

function inputsOf({ calls }: Answer): readonly Call[] {
  return calls.map(({ toolName, input: it }) => ({ name: toolName, input: it as Call['input'] }))
}

describe.each(families)('calls of the family %s', (family) => {
  const calls = fc
    .array(call, { minLength: 1, maxLength: 3 })
    .filter((all) => all.every((each) => fits(each, family)))

  test('come out as they went in, however the text is split', async () => {
    await fc.assert(
      fc.asyncProperty(calls, places, async (all, cuts) => {
        for (const reading of [family, families]) {
          const answer = await hearText(cutAt(writers[family](all), cuts), {
            family: reading,
            tools,
          })
          expect(inputsOf(answer)).toEqual(all)
          expect(answer.text).toBe('')
          expect(answer.finish.reason).toBe('tool-calls')
          expect(violations(answer)).toEqual([])
        }
      }),
      within,
    )
  })

  test('never run with less than the model meant, wherever the text is cut', async () => {
    const where = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
    await fc.assert(
      fc.asyncProperty(calls, where, anyReason, async (all, at, reason) => {
        const whole = writers[family](all)
        const said = whole.slice(0, Math.floor(at * whole.length))
        expectCut(await hearText(cutAt(said, [at]), { family, tools, reason }), all)
      }),
      { numRuns: 400 },
    )
    const all = [
      {
        name: 'exec',
        input: { text: 'a\n"b" \\', list: [1, { c: null }], flag: true, count: -12 },
      },
      { name: 'write', input: {} },
      { name: 'exec', input: { meta: { d: '}' } } },
    ]
    const whole = writers[family](all)
    for (let at = 0; at < whole.length; at++)
      for (const reason of ['length', 'stop', 'error'] as const)
        expectCut(await hearText(whole.slice(0, at), { family, tools, reason }), all)
  })
})

/** Of a text that was cut, the calls that have an input are the first ones, and at most one more is open. */
function expectCut(answer: Answer, all: readonly Call[]): void {
  const { calls, finish } = answer
  expect(violations(answer).filter((what) => !what.startsWith('error and'))).toEqual([])
  const whole = calls.filter(({ problem }) => !problem)
  expect(whole.map(({ input: it }) => it)).toEqual(
    all.slice(0, whole.length).map(({ input: it }) => it),
  )
  const cut = calls.slice(whole.length)
  expect(cut.map(({ problem }) => problem)).toEqual(cut.length > 0 ? ['truncated'] : [])
  if (cut.length > 0 && finish.rawReason !== 'error') expect(finish.reason).toBe('length')
}

/** Pieces of every family, which together may be anything. */
const fragment = fc.oneof(
  fc.constantFrom(
    ...Object.values(writers).flatMap((write) => {
      const text = write([
        { name: 'exec', input: { text: 'a' } },
        { name: 'write', input: {} },
      ])
      return [text, ...(text.match(/<[^>]*>|[^<]+/g) ?? []), text.slice(0, 20), text.slice(-20)]
    }),
    '```json\n',
    '\n```\n',
    '<|python_tag|>',
    '<function=exec>',
    '<function=rm>',
    '<｜DSML｜',
    '<‖DSML‖invoke name="exec" />',
    '<｜DSML｜invoke name="text" string="b" />',
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>exec<｜tool▁sep｜>',
    '<｜tool▁call▁begin｜>function<｜tool▁sep｜>exec\n```json\n',
    'functionsexec5',
    '"name"',
    '"arguments"',
    '\n[',
    'exec(',
    "'a'",
  ),
  words,
  fc.string({ maxLength: 3 }),
)
const soup = fc.array(fragment, { maxLength: 14 }).map((all) => all.join(''))
const someFamilies = fc.subarray([...families], { minLength: 1 })

test('how a text is split changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(soup, someFamilies, anyReason, places, async (said, family, reason, cuts) => {
      const whole = await hearText(said, { family, tools, reason })
      expect(violations(whole)).toEqual([])
      for (const pieces of [cutAt(said, cuts), said.split('')]) {
        const split = await hearText(pieces, { family, tools, reason })
        expect(joined(split)).toEqual(joined(whole))
      }
    }),
    { numRuns: 3000 },
  )
})

test('without a tool that it names, every text comes out as it went in', async () => {
  await fc.assert(
    fc.asyncProperty(soup, someFamilies, anyReason, places, async (said, family, reason, cuts) => {
      const answer = await hearText(cutAt(said, cuts), { family, tools: [tool('sing')], reason })
      expect(answer.text).toBe(said)
      expect(answer.calls).toEqual([])
      expect(answer.finish.reason).toBe(reason)
    }),
    { numRuns: 1500 },
  )
})

test('text without any mark passes event by event', async () => {
  const marks = /[<{[`]|to=|commentary|assistant/
  const piece = fc
    .string({ unit: 'binary', minLength: 1 })
    .filter((text) => !/[<{[`act]/.test(text))
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (pieces) => {
      fc.pre(!marks.test(pieces.join('')))
      const answer = await hearText(pieces, { family: families, tools })
      expect(answer.events.slice(0, -1)).toEqual(
        pieces.map((text) => ({ type: 'text-delta', text })),
      )
    }),
    within,
  )
})

test('what stands around a call is there once, and in its order', async () => {
  const around = fc.string({ maxLength: 20 }).filter((text) => !/[<{[`]/.test(text))
  await fc.assert(
    fc.asyncProperty(around, call, around, places, async (before, one, behind, cuts) => {
      for (const family of ['hermes', 'kimi', 'gpt-oss', 'deepseek'] as const) {
        const said = before + writers[family]([one]) + behind
        const answer = await hearText(cutAt(said, cuts), { family, tools })
        expect(inputsOf(answer)).toEqual([one])
        const texts = joined(answer).filter((event) => event.type === 'text-delta')
        const kept = behind.trim() === '' ? '' : behind
        expect(texts.map((event) => event.text)).toEqual([before, kept].filter(Boolean))
      }
    }),
    within,
  )
})
