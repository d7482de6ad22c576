import type { Model } from '../../ports/index.ts'
import type { Message, MessagePart, ToolPart } from '../../protocol/index.ts'
import type { Answer } from './answer.ts'

/** State of a provider that no adapter is for. */
export const foreignSecret = 'state-of-another-provider'

/** A conversation with all that makes histories hard, each prefix of which may be a request. */
export function neutralHistory({ id: modelId }: Model): readonly Message[] {
  return [
    user('Go', [{ type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,QUJD' }]),
    assistant(
      [
        { type: 'reasoning', text: 'Let me think.' },
        { type: 'text', text: 'I look.' },
        // Ids of other providers, which few wires take.
        call('functions.look:0', {
          modelOutput: [
            { type: 'text', text: 'A shot:' },
            { type: 'json', value: { n: 1 } },
            { type: 'image', mediaType: 'image/png', data: 'QUJD' },
          ],
        }),
        call(`call.${'x'.repeat(80)}|1`, { state: 'output-error', errorText: 'It failed.' }),
        { type: 'provider-state', format: 'another', state: { secret: foreignSecret } },
      ],
      'another:model',
    ),
    user('And now?'),
    user('Hello?'),
    assistant(
      [
        call('call_1', { toolName: 'page.edit/element' }),
        call('call_2', { state: 'input-invalid', input: undefined, inputText: '{"at' }),
        call('call_3', { state: 'denied' }),
        call('call_4', { state: 'executing' }),
        call('call_5', { output: null }),
      ],
      modelId,
    ),
    // The same id once more, as some servers give them.
    assistant([call('call_1_2', { providerToolCallId: 'call_1' })], modelId),
  ]
}

/** The message that is kept of an answer, with every call settled. */
export function messageOf({ events }: Answer, modelId: string): Message {
  const parts: MessagePart[] = []
  const places = new Map<string, number>()
  for (const event of events)
    if (event.type === 'text-delta') parts.push({ type: 'text', text: event.text })
    else if (event.type === 'refusal-delta') parts.push({ type: 'refusal', text: event.text })
    else if (event.type === 'reasoning-delta') parts.push({ type: 'reasoning', text: event.text })
    else if (event.type === 'provider-state') parts.push(event)
    else if (event.type === 'tool-input-start')
      places.set(event.toolCallId, parts.push(call(event.toolCallId)) - 1)
    else if (event.type === 'tool-input-end') {
      const { toolCallId, toolName, input, inputText } = event
      const settled = input
        ? { input }
        : ({ input: undefined, inputText, state: 'input-invalid' } as const)
      parts[places.get(toolCallId) ?? 0] = call(toolCallId, { toolName, ...settled })
    }
  return assistant(joinTexts(parts), modelId)
}

/** The text of a message is one part where it came in pieces. */
function joinTexts(parts: readonly MessagePart[]): readonly MessagePart[] {
  const joined: MessagePart[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (last && 'text' in part && 'text' in last && part.type === last.type)
      joined[joined.length - 1] = { ...part, text: last.text + part.text }
    else joined.push(part)
  }
  return joined
}

export function user(text: string, more: Message['parts'] = []): Message {
  return {
    id: `user ${text}`,
    role: 'user',
    parts: [{ type: 'text', text }, ...more],
    metadata: {},
  }
}

function assistant(parts: readonly MessagePart[], model: string): Message {
  return { id: `by ${model}`, role: 'assistant', parts, metadata: { model } }
}

function call(toolCallId: string, more: Partial<ToolPart> = {}): ToolPart {
  return {
    type: 'tool',
    toolCallId,
    toolName: 'look',
    state: 'output-available',
    input: { at: 1 },
    output: 'seen',
    timings: {},
    ...more,
  }
}
