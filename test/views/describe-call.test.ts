import { expect, test } from 'vitest'
import { type CallState, type ToolPart, callStates } from '../../src/protocol/index.ts'
import { describeCall } from '../../src/views/index.ts'
import { progressOf } from '../../src/views/describe-call.ts'
import { visibleJson } from '../../src/views/visible-text.ts'

const part = (change: Partial<ToolPart>): ToolPart => ({
  type: 'tool',
  toolCallId: 'c',
  toolName: 'add_widget',
  state: 'executing',
  timings: {},
  ...change,
})

test('every state has a word, and only what failed says what to do', () => {
  const described = callStates.map((state) => describeCall(part({ state }), { now: 0 }))
  expect(new Set(described.map(({ status }) => status)).size).toBe(callStates.length - 1)
  const failed: readonly CallState[] = [
    'output-error',
    'timed-out',
    'outcome-unknown',
    'input-invalid',
  ]
  expect(callStates.filter((_, at) => described[at]?.problem)).toEqual(failed)
  for (const { problem } of described) expect(problem?.advice).not.toBe('')
})

test.for([
  ['add_widget', 'Add widget'],
  ['addWidget', 'Add widget'],
  ['crm.contacts/find-one', 'Crm contacts find one'],
  ['__', '__'],
])('%s is called "%s"', ([toolName = '', label]) => {
  expect(describeCall(part({ toolName }), { now: 0 }).label).toBe(label)
})

test('what to do depends on what happened', () => {
  const advice = (errorCode: string, more: Partial<ToolPart> = {}): string | undefined =>
    describeCall(part({ state: 'output-error', errorCode, ...more }), { now: 0 }).problem?.advice
  expect(advice('rate-limited', { retryAfterMs: 90_000 })).toBe('Try again in 1 min 30 s.')
  expect(advice('outcome-unknown')).toMatch(/Check before you repeat it/)
  for (const code of ['my-own', 'constructor', '__proto__', 'toString'])
    expect(advice(code)).toBe('Ask again, or go on without it.')
})

test('a refusal by a person is no problem, and one by a rule is', () => {
  const problem = (errorCode: string): unknown =>
    describeCall(part({ state: 'denied', errorCode }), { now: 0 }).problem
  expect(problem('denied')).toBeUndefined()
  expect(problem('not-permitted')).toMatchObject({ code: 'not-permitted' })
})

test('time that ran back, as between two clocks, is no time', () => {
  const { elapsed } = describeCall(part({ timings: { startedAt: 5_000 } }), { now: 1_000 })
  expect(elapsed).toBe('0 s')
})

test.for<[unknown, unknown]>([
  [0.25, { fraction: 0.25 }],
  [25, undefined],
  ['Reading', { text: 'Reading' }],
  [{ done: 1, total: 4 }, { fraction: 0.25 }],
  [
    { progress: 9, total: 4, message: 'Too far' },
    { fraction: 1, text: 'Too far' },
  ],
  [{ percent: 50 }, { fraction: 0.5 }],
  [
    { percentage: 50, status: 'Half' },
    { fraction: 0.5, text: 'Half' },
  ],
  [{ done: 1, total: 0 }, { fraction: 1 }],
  [{ done: Number.NaN }, undefined],
  [{ message: 7 }, undefined],
  [null, undefined],
  [[1, 2], undefined],
])('of the progress %j is shown %j', ([update, shown]) => {
  expect(progressOf(update)).toEqual(shown)
})

test('a person who agrees sees what cannot be seen, and its JSON is the same value', () => {
  const input = { to: 'a\u202Eb\u200B', note: '\u{E0041}\uFEFF', 'k\u2066': 'plain ä 漢 🙂' }
  const shown = visibleJson(input)
  expect(shown).not.toMatch(/[\u200b\u202e\u2066\ufeff]|\u{E0041}/u)
  expect(shown).toContain('a\\u202eb\\u200b')
  expect(shown).toContain('plain ä 漢 🙂')
  expect(JSON.parse(shown)).toEqual(input)
})

test('the words of a host stand in place of ours, one by one', () => {
  const strings = { states: { executing: 'Läuft' }, seconds: '{seconds} Sekunden' }
  const call = part({ timings: { startedAt: 0 } })
  expect(describeCall(call, { now: 2_000, strings })).toMatchObject({
    status: 'Läuft',
    elapsed: '2 Sekunden',
  })
  expect(describeCall(part({ state: 'queued' }), { now: 0, strings }).status).toBe('Waiting to run')
})
