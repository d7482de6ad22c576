import { describe, expect, test } from 'vitest'
import { readInput } from '../../../src/engine/repair/read-input.ts'
import type { RepairStage } from '../../../src/protocol/index.ts'

const textStages: readonly RepairStage[] = ['code-fence', 'double-encoded', 'tolerant-syntax']

/** The inputs in a text and the stages that it took, or what is wrong. */
function read(text: string, stages: readonly RepairStage[] = textStages): unknown[] | string {
  const result = readInput(text, new Set(stages))
  if ('problem' in result) return result.problem
  return [...result.inputs, ...result.repairs.map(({ stage }) => stage)]
}

describe('what stands around an input is taken away', () => {
  test.each([
    ['a fence', '```json\n{"a":1}\n```'],
    ['a fence without a language', '```\n{"a":1}\n```'],
    ['a fence on one line', '```{"a":1}```'],
    ['a fence of more backticks', '````json\n{"a":"```"}\n````'.replace('"```"', '1')],
    ['a fence with words behind it', '\n```json\n{"a":1}\n```\nI hope that helps.'],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['white space that JSON does not know', '\u00a0{"a":1}\u2003'],
    ['words behind it', '{"a":1}\n\nThat is the call: done!'],
    ['a token of the model behind it', '{"a":1}<|call|>'],
    ['a tag behind it', '{"a":1}</tool_call>'],
    ['a closing fence alone', '{"a":1}\n```'],
    ['an empty object before it', '{} {"a":1}'],
    ['an empty object before it, in a fence', '```\n{ }\n{"a":1}```'],
  ])('%s', (_, text) => {
    expect(read(text)).toEqual([{ a: 1 }, 'code-fence'])
    expect(read(text, ['code-fence'])).toEqual([{ a: 1 }, 'code-fence'])
    expect(read(text, ['double-encoded', 'tolerant-syntax'])).toBe('malformed')
  })

  test('a fence within the input is no fence around it', () => {
    const code = '```js\nf()\n```'
    const text = `\`\`\`json\n${JSON.stringify({ code })}\n\`\`\``
    expect(read(text)).toEqual([{ code }, 'code-fence'])
  })
})

describe('what may be a part of the input is not taken for words behind it', () => {
  test.each([
    ['a member behind a brace too many', '{"a":1}, "b":2}'],
    ['a member without a comma', '{"a":1} "b":2'],
    ['a bare member behind words', '{"a":1} and "b": 2'],
    ['a brace too many', '{"a":1}}'],
    ['a comma', '{"a":1},'],
    ['a number', '{"a":1} 2'],
    ['a list', '{"a":1} [2]'],
    ['a second object', '{"a":1}{"b":2}'],
    ['a second object behind words', '{"a":1} or {"b":2}'],
    ['a second object behind an empty one', '{}{"a":1}{"b":2}'],
    ['two empty objects before it', '{}{}{"a":1}'],
    ['a second fence', '```\n{"a":1}\n```\n```\n{"b":2}\n```'],
    ['words before it', 'Here it is: {"a":1}'],
    ['words before a fence', 'Here it is:\n```json\n{"a":1}\n```'],
    ['words within a fence', '```json\n{"a":1}\nThat is all.\n```'],
  ])('%s', (_, text) => {
    expect(read(text)).toBe('malformed')
  })
})

test.each([
  ['a fence that is not closed', '```json\n{"a":1}\n'],
  ['a fence that is closed by half', '```json\n{"a":1}\n``'],
  ['an input that is cut in a string', String.raw`"{\"a\":1"`],
  ['a string that is cut', String.raw`"{\"a\":1}`],
  ['a second input that is cut', '{} {"a":1'],
  ['single quotes that are cut', "{'a':'b"],
])('%s is truncated, not repaired', (_, text) => {
  expect(read(text)).toBe('truncated')
  expect(read(text, [...textStages, 'split'])).toBe('truncated')
})

describe('an input in a string', () => {
  test.each([
    ['of JSON', String.raw`"{\"a\":1}"`, ['double-encoded']],
    ['with white space around', String.raw` "{\"a\":1}" `, ['double-encoded']],
    ['of other quotes', `'{"a":1}'`, ['double-encoded']],
    ['that is broken itself', String.raw`"{'a':1,}"`, ['double-encoded', 'tolerant-syntax']],
    ['with line ends in it', '"{\n\\"a\\":1\n}"', ['double-encoded']],
    ['in a fence', '```json\n"{\\"a\\":1}"\n```', ['code-fence', 'double-encoded']],
    [
      'with a fence in it',
      String.raw`"${'```'}\n{\"a\":1}${'```'}"`,
      ['double-encoded', 'code-fence'],
    ],
  ])('%s', (_, text, stages) => {
    expect(read(text)).toEqual([{ a: 1 }, ...stages])
    expect(read(text, ['code-fence', 'tolerant-syntax'])).toBe('malformed')
  })

  test.each([
    ['that is no input', '"hello"'],
    ['that is empty', '""'],
    ['that says null', '"null"'],
    ['within a string', JSON.stringify(JSON.stringify('{"a":1}'))],
    ['of a list', '"[1]"'],
    ['with more behind it', String.raw`"{\"a\":1}", "b"`],
  ])('%s is none', (_, text) => {
    expect(['malformed', 'truncated']).toContain(read(text))
  })

  test('is nothing but the string', () => {
    expect(read(String.raw`"{\"a\":1}" done`, ['double-encoded'])).toBe('malformed')
    expect(read(String.raw`"{\"a\":1}" // done`, ['double-encoded', 'tolerant-syntax'])).toEqual([
      { a: 1 },
      'double-encoded',
    ])
  })
})

test.each([
  ['a list', '[{"a":1}]'],
  ['a number', '1'],
  ['null', 'null'],
  ['a word', 'hello'],
  ['a function call', 'f(a=1)'],
])('%s is no input', (_, text) => {
  expect(read(text)).toBe('malformed')
})

describe('several inputs one behind the other', () => {
  const split = [...textStages, 'split'] as const

  test('are several where that was asked for', () => {
    expect(read('{"a":1}{"b":2}\n{"c":3}', split)).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }])
    expect(read('{"a":1}{"b":2}', ['split'])).toEqual([{ a: 1 }, { b: 2 }])
    expect(read("{'a':1}{'b':2}", split)).toEqual([{ a: 1 }, { b: 2 }, 'tolerant-syntax'])
    expect(read('```\n{"a":1}\n{"b":2}\n```', split)).toEqual([{ a: 1 }, { b: 2 }, 'code-fence'])
    expect(read('{}{"a":1}{"b":2}', split)).toEqual([{ a: 1 }, { b: 2 }, 'code-fence'])
  })

  test('are none where one of them is none', () => {
    expect(read('{"a":1}{"b":Dave}', split)).toBe('malformed')
    expect(read('{"a":1}{"b":2', split)).toBe('truncated')
    expect(read('{"a":1},{"b":2}', split)).toBe('malformed')
    expect(read('{"a":1}[2]', split)).toBe('malformed')
  })
})

test('each repair says what it made of what', () => {
  const text = '```json\n"{\\"a\\":True,}"\n```'
  const string = '"{\\"a\\":True,}"'
  expect(readInput(text, new Set(textStages))).toEqual({
    inputs: [{ a: true }],
    text: '{"a":true}',
    repairs: [
      { stage: 'code-fence', before: text, after: string },
      { stage: 'double-encoded', before: string, after: '{"a":True,}' },
      { stage: 'tolerant-syntax', before: '{"a":True,}', after: '{"a":true}' },
    ],
  })
})

test('an error names what is not expected, and where', () => {
  expect(readInput('{"notes": "to the "boss", ok"}', new Set(textStages))).toEqual({
    problem: 'malformed',
    issue: String.raw`The input is not one JSON object: "b" is not expected behind "{\"notes\": \"to the \"".`,
  })
  expect(readInput('{"a":💥}', new Set(textStages))).toMatchObject({
    issue: expect.stringContaining('"💥" is not expected'),
  })
  expect(readInput('{"a":1}}', new Set(textStages))).toMatchObject({
    issue: expect.stringContaining('"}" is not expected'),
  })
})

test('a text that no wire brings is not read', () => {
  const text = `{'a':'${'x'.repeat(4 * 1024 * 1024)}'}`
  expect(readInput(text, new Set(textStages))).toMatchObject({ problem: 'malformed' })
})
