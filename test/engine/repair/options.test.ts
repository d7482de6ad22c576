import { expect, test } from 'vitest'
import { type RepairOptions, repairOf } from '../../../src/engine/repair/options.ts'
import { createToolServer } from '../../../src/server/index.ts'
import { scriptedModel } from '../../../src/testing/index.ts'

const builtIn = [
  'code-fence',
  'double-encoded',
  'tolerant-syntax',
  'parallel-wrapper',
  'tool-name',
  'coerce',
]

test('nothing is repaired unless it is asked for', () => {
  expect(repairOf(undefined)).toBeNull()
})

test('every stage is on but the one that guesses', () => {
  const repair = repairOf({})
  expect([...(repair?.stages ?? [])]).toEqual(builtIn)
  expect(repair).toMatchObject({ hook: undefined, maxAttempts: 2, timeoutMs: 30_000 })
})

test('each stage is switched by itself', () => {
  const stages = { coerce: false, split: true, 'tool-name': true } as const
  expect([...(repairOf({ stages })?.stages ?? [])]).toEqual([
    'code-fence',
    'double-encoded',
    'tolerant-syntax',
    'split',
    'parallel-wrapper',
    'tool-name',
  ])
})

test('a function is the hook', () => {
  const hook = (): null => null
  expect(repairOf(hook)).toEqual(repairOf({ hook }))
})

test.each<[string, unknown, string]>([
  ['true', true, 'neither a function nor an object'],
  ['null', null, 'neither a function nor an object'],
  ['a list', [], 'neither a function nor an object'],
  ['another option', { retries: 3 }, 'no option "retries"; there are stages, hook'],
  ['another stage', { stages: { fence: true } }, 'no stage "fence"; there are code-fence'],
  ['a stage of every object', { stages: { constructor: true } }, 'no stage "constructor"'],
  ['a stage that is neither on nor off', { stages: { coerce: 'yes' } }, '"coerce" is neither'],
  ['stages in a list', { stages: ['coerce'] }, '"stages" is no object'],
  ['a hook that is no function', { hook: 'ask' }, '"hook" is no function'],
  ['no attempts', { maxAttempts: 0 }, '"maxAttempts" is no whole number'],
  ['half an attempt', { maxAttempts: 1.5 }, '"maxAttempts" is no whole number'],
  ['endless attempts', { maxAttempts: Infinity }, '"maxAttempts" is no whole number'],
  ['no time', { timeoutMs: 0 }, '"timeoutMs" is no positive number'],
  ['time as text', { timeoutMs: '5' }, '"timeoutMs" is no positive number'],
])('%s is refused when the server is made', (_, repair, message) => {
  const make = (): unknown =>
    createToolServer({
      model: scriptedModel([]),
      tools: [],
      // Callers without types pass anything.
      repair: repair as RepairOptions,
    })
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }))
  expect(make).toThrow(message)
})
