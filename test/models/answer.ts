import type { Model, ModelEvent, ModelRequest } from '../../src/ports/index.ts'
import { type OpenAIChatOptions, openaiChat } from '../../src/models/openai-chat.ts'

/** What a model said, gathered for comparing. */
export interface Answer {
  readonly events: readonly ModelEvent[]
  readonly text: string
  readonly reasoning: string
  readonly refusal: string
  readonly calls: readonly EventOf<'tool-input-end'>[]
  readonly states: readonly EventOf<'provider-state'>[]
  readonly error: EventOf<'error'>['error'] | undefined
  readonly finish: EventOf<'finish'>
}

type EventOf<T extends ModelEvent['type']> = Extract<ModelEvent, { type: T }>

export async function ask(model: Model, request: Partial<ModelRequest> = {}): Promise<Answer> {
  const events: ModelEvent[] = []
  for await (const event of model.stream({ messages: [], ...request })) events.push(event)
  const all = <T extends ModelEvent['type']>(type: T): EventOf<T>[] =>
    events.filter((event): event is EventOf<T> => event.type === type)
  const finish = all('finish')
  if (finish.length !== 1 || events.at(-1) !== finish[0])
    throw new Error(`finish comes once and last, not: ${events.map(({ type }) => type).join(' ')}`)
  return {
    events,
    text: all('text-delta')
      .map((event) => event.text)
      .join(''),
    reasoning: all('reasoning-delta')
      .map((event) => event.text)
      .join(''),
    refusal: all('refusal-delta')
      .map((event) => event.text)
      .join(''),
    calls: all('tool-input-end'),
    states: all('provider-state'),
    error: all('error')[0]?.error,
    finish: finish[0]!,
  }
}

/** What the adapter makes of these bytes. */
export function decodeBytes(
  bytes: ReadableStream<Uint8Array> | string,
  options: Partial<OpenAIChatOptions> = {},
): Promise<Answer> {
  const fetch = async (): Promise<Response> => new Response(bytes)
  return ask(openaiChat({ model: 'm', fetch, ...options }))
}

/** What the adapter makes of these events, each written as one `data:` line. */
export function decodeEvents(
  events: readonly unknown[],
  options: Partial<OpenAIChatOptions> = {},
): Promise<Answer> {
  return decodeBytes(events.map(sse).join(''), options)
}

export function sse(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

/** A chunk of choice 0. */
export function chunk(delta: unknown, finishReason: string | null = null, more = {}): unknown {
  return { choices: [{ index: 0, delta, finish_reason: finishReason }], ...more }
}

/** A chunk with one piece of one call. */
export function callChunk(call: unknown): unknown {
  return chunk({ tool_calls: [call] })
}

/** `bytes` in pieces of pseudo-random length, which split characters and line ends. */
export function split(bytes: Uint8Array, seed: number): ReadableStream<Uint8Array> {
  let state = seed >>> 0
  const random = (): number => (state = (state * 1664525 + 1013904223) >>> 0) / 2 ** 32
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      const next = at + 1 + Math.floor(random() * random() * 700)
      controller.enqueue(bytes.slice(at, next))
      at = next
    },
  })
}

/** What holds for every answer, whatever the server sent: the promises of the model port. */
export function violations({ events, calls, finish }: Answer): string[] {
  const failed = events.some((event) => event.type === 'error')
  const cut = calls.some((call) => call.problem === 'truncated')
  const asksForTools = finish.reason === 'tool-calls'
  return [
    ...pairing(events),
    ...calls.flatMap(endViolations),
    ...(failed !== (finish.reason === 'error') ? ['error and finish reason disagree'] : []),
    ...(asksForTools && (cut || calls.length === 0) ? ['tool-calls without a whole turn'] : []),
  ]
}

function pairing(events: readonly ModelEvent[]): string[] {
  const found: string[] = []
  const texts = new Map<string, string>()
  const open = new Set<string>()
  for (const event of events)
    if (event.type === 'tool-input-start') {
      if (texts.has(event.toolCallId)) found.push(`id ${event.toolCallId} is used twice`)
      texts.set(event.toolCallId, '')
      open.add(event.toolCallId)
    } else if (event.type === 'tool-input-delta') {
      if (!open.has(event.toolCallId)) found.push('a delta outside its call')
      texts.set(event.toolCallId, texts.get(event.toolCallId) + event.delta)
    } else if (event.type === 'tool-input-end') {
      const text = texts.get(event.toolCallId)
      if (text !== event.inputText) found.push(`deltas "${text}" are not "${event.inputText}"`)
      open.delete(event.toolCallId)
    }
  return open.size > 0 ? [...found, 'a call without end'] : found
}

function endViolations({ input, inputText, problem }: EventOf<'tool-input-end'>): string[] {
  if ((input === undefined) !== (problem !== undefined))
    return ['a call has either input or problem']
  const same = !input || JSON.stringify(JSON.parse(inputText)) === JSON.stringify(input)
  return same ? [] : ['input is not what inputText says']
}
