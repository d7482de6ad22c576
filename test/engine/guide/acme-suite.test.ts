import { test } from 'vitest'
import type { JsonObject } from '../../../src/index.ts'
import { modelSuite } from '../../../src/testing/index.ts'
import { acme } from './acme.ts'

const lines = (...all: readonly object[]): string =>
  all.map((line) => `${JSON.stringify(line)}\n`).join('')
const call = (id: string, input: JsonObject) => ({ call: { id, name: 'look', input } })
const look = (toolCallId: string, input: JsonObject) => ({ toolName: 'look', toolCallId, input })
const end = { done: 'end', in: 7, out: 5 }

const suite = modelSuite({
  name: 'acme',
  create: (options) => acme({ model: 'acme-1', ...options }),
  contentType: 'application/x-ndjson',
  refusal: { status: 401, body: '{"error":"No such key."}', error: 'No such key.' },
  streams: {
    text: {
      bytes: lines({ text: 'Hel' }, { text: 'lo, wörld' }, end),
      expected: {
        text: 'Hello, wörld',
        reason: 'stop',
        usage: { inputTokens: 7, outputTokens: 5 },
      },
    },
    call: {
      bytes: lines({ text: 'I look.' }, call('c1', { at: 1 }), end),
      expected: { text: 'I look.', calls: [look('c1', { at: 1 })], reason: 'tool-calls' },
    },
    parallelCalls: {
      bytes: lines(call('c1', { at: 1 }), call('c2', { at: 2 }), end),
      expected: { calls: [look('c1', { at: 1 }), look('c2', { at: 2 })], reason: 'tool-calls' },
    },
    callWithoutInput: {
      bytes: lines(call('c1', {}), end),
      expected: { calls: [look('c1', {})], reason: 'tool-calls' },
    },
    error: {
      bytes: lines({ text: 'Hel' }, { error: { message: 'Too much to do.' } }),
      expected: { text: 'Hel', reason: 'error', error: 'Too much to do.' },
    },
  },
})

test.each(suite)('$name', ({ run }) => run())
