import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { setTimeout as pause } from 'node:timers/promises'
import type { Json } from '../../src/base/index.ts'
import type { Model, ModelEvent, ModelRequest } from '../../src/ports/index.ts'
import type { Message, MessagePart } from '../../src/protocol/index.ts'
import { type ScriptStep, scriptedModel } from '../../src/testing/index.ts'
import { Chance } from '../simulate/chance.ts'
import { historyProblems } from './histories.ts'
import { toolNames } from './tools.ts'
import type { WitnessFile } from './witness-file.ts'

/** Between two pieces of an answer, so that there is time to die in the middle. */
const pieceMs = 15

export function messageText(turn: number): string {
  return `turn ${turn}`
}

/**
 * A model that asks for tools as `seed` and the turn say, whichever server asks it. Each answer carries opaque state,
 * and each request is looked at: is it a history that every provider takes, and is all state in it as it was given?
 */
export function crashModel(seed: number, witness: WitnessFile): Model {
  const script = scriptedModel(({ messages }, { step }) => stepOf(seed, messages, step), {
    record: false,
  })
  return {
    id: script.id,
    format: script.format,
    async *stream(request: ModelRequest): AsyncGenerator<ModelEvent> {
      const { messages, signal } = request
      witness.write({ saw: 'request' })
      const problems = [...(await historyProblems(messages)), ...messages.flatMap(stateProblems)]
      for (const text of problems) witness.write({ saw: 'fault', text })
      const stated = withState(script.stream(request), script.format)
      for await (const event of stated) {
        await pause(pieceMs, undefined, { signal })
        yield event
      }
    },
  }
}

function stepOf(seed: number, messages: readonly Message[], step: number): ScriptStep {
  const turn = turnOf(messages)
  const chance = new Chance(seed * 1_000_003 + turn * 31 + step)
  const text = `Turn ${turn}, step ${step} <${randomUUID()}>`
  if (step >= 1 + (turn % 3)) return { text }
  const toolCalls = Array.from({ length: chance.between(1, 3) }, (_, index) => ({
    toolName: chance.pick(toolNames),
    // A provider may use the same ids again and again.
    toolCallId: `call_${index}`,
    input: { n: turn * 100 + step * 10 + index },
  }))
  return { text, toolCalls }
}

function turnOf(messages: readonly Message[]): number {
  const last = messages.findLast(({ role }) => role === 'user')
  return Number(/\d+/.exec(textOf(last?.parts ?? []))?.[0])
}

/** The answer with state behind each call, and behind it all. */
async function* withState(
  answer: AsyncIterable<ModelEvent>,
  format: string,
): AsyncGenerator<ModelEvent> {
  let text = ''
  let calls = 0
  for await (const event of answer) {
    if (event.type === 'text-delta') text += event.text
    if (event.type === 'finish')
      yield { type: 'provider-state', format, state: opaqueState(tokenIn(text), 'message') }
    yield event
    if (event.type === 'tool-input-end') {
      const { toolCallId } = event
      yield {
        type: 'provider-state',
        format,
        toolCallId,
        state: opaqueState(tokenIn(text), calls++),
      }
    }
  }
}

function tokenIn(text: string): string {
  return /<(.*)>/.exec(text)?.[1] ?? ''
}

/** JSON that careless storing changes: the order of keys, nulls, unusual characters and numbers. */
function opaqueState(token: string, of: number | 'message'): Json {
  return {
    z: token,
    of,
    a: { '10': [null, -0.1, 1e21, 5e-324], '9': '\u0000\u2028é😀' },
    text: '  \n"signature"\\u0041==',
    __proto: [],
  }
}

/** What became of the state that the answer of `message` carried. */
export function stateProblems({ id, role, parts }: Message): readonly string[] {
  if (role === 'user') return []
  const token = tokenIn(textOf(parts))
  const calls = parts.filter((part) => part.type === 'tool')
  const states = parts.filter((part) => part.type === 'provider-state')
  const wanted = [
    ...calls.map(({ toolCallId, providerToolCallId = toolCallId }, at) => [
      providerToolCallId,
      JSON.stringify(opaqueState(token, at)),
    ]),
    [undefined, JSON.stringify(opaqueState(token, 'message'))],
  ]
  const found = states.map(({ toolCallId, state }) => [toolCallId, JSON.stringify(state)])
  return isDeepStrictEqual(found, wanted)
    ? []
    : [`state: message ${id} carries ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`]
}

function textOf(parts: readonly MessagePart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
