import type { CallEvent, ConversationEvent } from 'toolwire/protocol'
import { expect, test } from 'vitest'
import { CallLog } from '../../examples/shared/terminal.ts'

const created = (callId: string): ConversationEvent => ({
  type: 'call-created',
  call: {
    callId,
    toolCallId: `tool-${callId}`,
    toolName: 'query',
    turnId: 't',
    step: 1,
    executor: 'server',
    effect: 'once',
    input: {},
    argsHash: 'h',
    timeoutMs: 1_000,
  },
  at: 1_000,
})
const settled = (callId: string): CallEvent => ({
  type: 'call-settled',
  callId,
  state: 'output-available',
  output: 'fine',
  at: 1_250,
})
const finished: ConversationEvent = {
  type: 'turn-finished',
  turnId: 't',
  reason: 'stop',
  at: 2_000,
}

function show(...events: ConversationEvent[]): { lines: string; faults: readonly string[] } {
  const lines: string[] = []
  const log = new CallLog((line) => lines.push(line))
  for (const event of events) log.show(event)
  return { lines: lines.join('\n'), faults: log.faults }
}

test('a call with one result is no fault', () => {
  const { lines, faults } = show(created('a'), settled('a'), finished)
  expect(faults).toEqual([])
  expect(lines).toContain('#1  query            server output-available   250 ms  fine')
  expect(lines).toContain('1 call, exactly one result for each.')
})

test('a call without a result, or with two, is a fault', () => {
  const { lines, faults } = show(created('a'), created('b'), settled('b'), settled('b'), finished)
  expect(faults).toEqual(['call #1 query has 0 results.', 'call #2 query has 2 results.'])
  expect(lines).not.toContain('exactly one result')
})

test('a turn that fails is a fault', () => {
  const error = { code: 'MODEL_NETWORK', text: 'The model could not answer.', errorId: 'e' }
  const { faults } = show({ type: 'turn-finished', turnId: 't', reason: 'error', error, at: 1 })
  expect(faults).toEqual(['The model could not answer.'])
})
