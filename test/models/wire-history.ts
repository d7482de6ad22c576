import type { Model, ModelRequest } from '../../src/ports/index.ts'
import type { Message, MessagePart, ToolDescriptor, ToolPart } from '../../src/protocol/index.ts'
import type { Answer } from './answer.ts'

export type Sent = Record<string, unknown>

/** What an adapter sends for `request`. */
export async function sentBy(
  adapter: (fetch: typeof globalThis.fetch) => Model,
  request: Partial<ModelRequest>,
): Promise<{ url: string; headers: Headers; body: Sent; text: string }> {
  const requests: Request[] = []
  const model = adapter(async (input, init) => {
    requests.push(new Request(input, init))
    return new Response('')
  })
  for await (const _ of model.stream({ messages: [], ...request }));
  const [only] = requests
  const text = await only!.text()
  return { url: only!.url, headers: only!.headers, body: JSON.parse(text) as Sent, text }
}

export function user(...parts: readonly (string | MessagePart)[]): Message {
  const written = parts.map((part) =>
    typeof part === 'string' ? ({ type: 'text', text: part } as const) : part,
  )
  return { id: 'u', role: 'user', parts: written, metadata: {} }
}

export function assistant(parts: readonly MessagePart[], model?: string): Message {
  return { id: 'a', role: 'assistant', parts, metadata: { ...(model !== undefined && { model }) } }
}

export function call(toolCallId: string, more: Partial<ToolPart> = {}): ToolPart {
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

export function descriptor(
  name: string,
  inputSchema: ToolDescriptor['inputSchema'] = {},
): ToolDescriptor {
  return { name, description: `About ${name}`, inputSchema, hash: 'h' }
}

/** The message that is stored for an answer, with every call answered. */
export function messageOf({ events }: Answer, model?: string): Message {
  const parts: MessagePart[] = []
  const places = new Map<string, number>()
  for (const event of events)
    if (event.type === 'text-delta' || event.type === 'reasoning-delta') {
      const type = event.type === 'text-delta' ? 'text' : 'reasoning'
      const last = parts.at(-1)
      if (last?.type === type) parts[parts.length - 1] = { type, text: last.text + event.text }
      else parts.push({ type, text: event.text })
    } else if (event.type === 'tool-input-start')
      places.set(event.toolCallId, parts.push(call(event.toolCallId)) - 1)
    else if (event.type === 'tool-input-end') {
      const { toolCallId, toolName, inputText, input } = event
      const settled = input
        ? { input }
        : { input: undefined, inputText, state: 'input-invalid' as const }
      parts[places.get(toolCallId) ?? 0] = call(toolCallId, { toolName, ...settled })
    } else if (event.type === 'provider-state') parts.push(event)
  return assistant(parts, model)
}

/** All strings at `keys` anywhere in the events of a recorded stream. */
export function stringsAt(keys: readonly string[], bytes: Uint8Array): readonly string[] {
  const found: string[] = []
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/)
  for (const line of lines)
    try {
      JSON.parse(line.replace(/^data: ?/, ''), (key, value: unknown) => {
        if (keys.includes(key) && typeof value === 'string' && value) found.push(value)
        return value
      })
    } catch {
      // A line that is no data.
    }
  return found
}
