import { type World, systemWorld } from '../../src/base/index.ts'
import { type TextCallFamily, withTextCalls } from '../../src/models/text-calls.ts'
import type { FinishReason, Model, ModelEvent, ModelRequest } from '../../src/ports/index.ts'
import type { ToolDescriptor } from '../../src/protocol/index.ts'
import { type Answer, ask } from './answer.ts'

export const families: readonly TextCallFamily[] = [
  'hermes',
  'qwen-coder',
  'json',
  'kimi',
  'deepseek',
  'gpt-oss',
  'llama',
]

export function tool(name: string, properties: object = {}): ToolDescriptor {
  const inputSchema = { type: 'object', properties } as ToolDescriptor['inputSchema']
  return { name, description: '', inputSchema, hash: '' }
}

/** The tools of most tests. */
export const tools: readonly ToolDescriptor[] = [
  tool('get_weather', { city: { type: 'string' }, days: { type: 'integer' } }),
  tool('get_time', { tz: { type: 'string' } }),
  tool('exec', { command: { type: 'string' } }),
  tool('write', { path: { type: 'string' }, content: { type: 'string' } }),
]

/** Ids in order, so that answers can be compared. */
function countingWorld(): World {
  let count = 0
  return { ...systemWorld, randomId: () => `${++count}` }
}

/** A model that says these events, and then that it is done. */
export function saying(
  events: readonly ModelEvent[],
  reason: FinishReason | 'lost' = 'stop',
): Model {
  return {
    id: 'm',
    format: 'f',
    async *stream() {
      yield* events
      if (reason !== 'lost') yield { type: 'finish', reason, rawReason: reason, usage: {} }
    },
  }
}

export function text(piece: string): ModelEvent {
  return { type: 'text-delta', text: piece }
}

/** A call as a server decodes it. */
export function decoded(toolName: string, input: object, toolCallId = 'own'): ModelEvent[] {
  const inputText = JSON.stringify(input)
  return [
    { type: 'tool-input-start', toolCallId, toolName },
    { type: 'tool-input-delta', toolCallId, delta: inputText },
    { type: 'tool-input-end', toolCallId, toolName, inputText, input: JSON.parse(inputText) },
  ]
}

export interface Asking {
  readonly family?: TextCallFamily | readonly TextCallFamily[]
  readonly tools?: readonly ToolDescriptor[]
  readonly toolChoice?: ModelRequest['toolChoice']
}

/** What becomes of what a model says. */
export function hear(model: Model, asking: Asking = {}): Promise<Answer> {
  const { family = families, toolChoice } = asking
  const wrapped = withTextCalls(model, { family, world: countingWorld() })
  return ask(wrapped, { tools: asking.tools ?? tools, toolChoice })
}

/** What becomes of an answer that is these pieces of text. */
export function hearText(
  pieces: string | readonly string[],
  asking: Asking & { readonly reason?: FinishReason } = {},
): Promise<Answer> {
  return hear(saying([pieces].flat().map(text), asking.reason), asking)
}

/** Calls as `name {input}`, or with what is wrong with them. */
export function callsOf({ calls }: Answer): readonly string[] {
  return calls.map(({ toolName, inputText, problem }) =>
    problem ? `${toolName} ${problem}: ${inputText}` : `${toolName} ${inputText}`,
  )
}

/** The events of an answer with the pieces of each text put together. */
export function joined({ events }: Answer): readonly ModelEvent[] {
  const all: ModelEvent[] = []
  for (const event of events) {
    const last = all.at(-1)
    if (event.type === 'text-delta' && last?.type === 'text-delta')
      all[all.length - 1] = { ...last, text: last.text + event.text }
    else if (event.type === 'tool-input-delta' && last?.type === 'tool-input-delta')
      all[all.length - 1] = { ...last, delta: last.delta + event.delta }
    else all.push(event)
  }
  return all
}

/** `whole` cut at `places`, which are fractions of its length. */
export function cutAt(whole: string, places: readonly number[]): readonly string[] {
  const at = places.map((place) => Math.floor(place * whole.length)).toSorted((a, b) => a - b)
  return [0, ...at].map((from, index) => whole.slice(from, at[index]))
}
