// Valid streams of every format, in the styles of many servers. The input of each call is full of marks of its
// own, so that a piece of one call that ends up in another is seen.
import type { Random } from './random.ts'

export const formats = [
  'openai-chat',
  'openai-responses',
  'anthropic',
  'gemini',
  'ollama',
  'cohere-v2',
] as const
export type Format = (typeof formats)[number]

/** One event as it is sent. */
export interface WireItem {
  readonly event?: string | undefined
  readonly data: string
}

export interface WrittenCall {
  readonly id: string | undefined
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
}

export interface FuzzStream {
  readonly format: Format
  /** How events stand in the body: SSE, one JSON a line, or one array. */
  readonly framing: 'sse' | 'lines' | 'array'
  readonly items: readonly WireItem[]
  /** What is called; unknown for a recording. */
  readonly calls?: readonly WrittenCall[]
  /** Whether every piece of a call says which call it belongs to. */
  readonly keyed: boolean
}

export function writeStream(format: Format, random: Random): FuzzStream {
  const mark = random.below(6000)
  const stream = { format, framing: 'sse', keyed: true } as const
  switch (format) {
    case 'openai-chat':
      return { ...stream, ...writeChat(random, mark) }
    case 'openai-responses':
      return { ...stream, ...writeResponses(random, mark) }
    case 'anthropic':
      return { ...stream, ...writeAnthropic(random, mark) }
    case 'gemini':
      return { ...stream, ...writeGemini(random, mark) }
    case 'ollama':
      return { ...stream, ...writeOllama(random, mark) }
    case 'cohere-v2':
      return { ...stream, ...writeCohere(random, mark) }
  }
}

type Written = Pick<FuzzStream, 'items'> & Partial<FuzzStream>

/** One character for each call, which no split of a text can break or put together. */
function markOf(stream: number, call: number): string {
  return String.fromCharCode(0xe000 + stream + call)
}

/** The marks of calls in a text. */
export function marksIn(text: string): readonly string[] {
  return [...new Set(text.match(/[\ue000-\uf8ff]/g))]
}

function writeInput(random: Random, mark: string): Readonly<Record<string, unknown>> {
  const value = (): unknown => {
    const text = `${mark}${random.pick(['', '\n', '"', '\\', '{"a":1}', ']}', '😀', 'é'])}${mark}`
    if (random.chance(0.2)) return [random.below(100), text, null, { [mark]: true }]
    return random.chance(0.2) ? { in: { [mark]: text } } : text.repeat(1 + random.below(3))
  }
  const names = ['path', 'query', 'a b', 'é'].slice(0, 1 + random.below(4))
  return Object.fromEntries(names.map((name) => [name, value()]))
}

interface CallStyle {
  readonly ids: boolean
  readonly empty: boolean
}

function writeCalls(random: Random, mark: number, { ids, empty }: CallStyle): WrittenCall[] {
  return Array.from({ length: random.pick([0, 1, 1, 2, 2, 3, 5]) }, (_, at) => ({
    id: ids ? `call_${mark}_${at}` : undefined,
    name: random.pick(['read', 'write', 'page_edit']),
    input: empty && random.chance(0.15) ? {} : writeInput(random, markOf(mark, at)),
  }))
}

/** Lists one behind the other, or item by item in turns. */
function mix<T>(lists: readonly (readonly T[])[], inTurns: boolean): readonly T[] {
  if (!inTurns) return lists.flat()
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, at) =>
    lists.flatMap((list) => list.slice(at, at + 1)),
  ).flat()
}

function item(value: unknown, event?: string): WireItem {
  return { data: typeof value === 'string' ? value : JSON.stringify(value), event }
}

/** How a server writes calls: everything here was seen on some server. */
interface ChatStyle {
  readonly ids: 'first' | 'every' | 'late' | 'none'
  readonly index: keyof typeof places
  readonly names: 'first' | 'every' | 'null-later'
  readonly shape: 'pieces' | 'whole' | 'object'
  /** What comes before the input. */
  readonly opening: 'none' | '' | '{}'
}

const places = {
  position: (at: number) => ({ index: at }),
  'from-1': (at: number) => ({ index: at + 1 }),
  text: (at: number) => ({ index: `${at}` }),
  zero: () => ({ index: 0 }),
  none: () => ({}),
} as const

function writeChat(random: Random, mark: number): Written {
  const style: ChatStyle = {
    ids: random.pick(['first', 'first', 'every', 'late', 'none'] as const),
    index: random.pick(['position', 'position', 'from-1', 'text', 'zero', 'none'] as const),
    names: random.pick(['first', 'first', 'every', 'null-later'] as const),
    shape: random.pick(['pieces', 'pieces', 'whole', 'object'] as const),
    opening: random.pick(['none', '', '{}'] as const),
  }
  const positioned = style.index !== 'zero' && style.index !== 'none'
  // A call without input looks like the opening of one with input where nothing else tells them apart.
  const calls = writeCalls(random, mark, { ids: style.ids !== 'none', empty: positioned })
  const deltas = calls.map((call, at) => chatDeltas(call, at, { random, style, positioned }))
  const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 }
  // Asked to stream, a server may answer all at once.
  if (random.chance(0.05))
    return { calls, framing: 'lines', items: [item({ ...wholeChat(calls), usage })] }
  const inOne = positioned && random.chance(0.1)
  const ordered = mix(deltas, positioned && random.chance(0.3))
  return {
    calls,
    // An id in the first piece says nothing of the others once that piece is lost.
    keyed:
      positioned || style.ids === 'every' || (style.ids === 'first' && style.shape !== 'pieces'),
    items: [
      chatChunk({ role: 'assistant', content: '' }),
      ...chatTalk(random),
      ...(inOne
        ? [chatChunk({ tool_calls: ordered })]
        : ordered.map((delta) => chatChunk({ tool_calls: [delta] }))),
      chatChunk({}, random.pick([calls.length > 0 ? 'tool_calls' : 'stop', 'stop'])),
      ...(random.chance(0.6) ? [item({ choices: [], usage })] : []),
      ...(random.chance(0.8) ? [item('[DONE]')] : []),
    ],
  }
}

function chatChunk(delta: unknown, reason: string | null = null): WireItem {
  return item({ id: 'c', choices: [{ index: 0, delta, finish_reason: reason }] })
}

function chatTalk(random: Random): readonly WireItem[] {
  const thought = [chatChunk({ reasoning_content: 'Thinking. ' })]
  const text = [chatChunk({ content: 'Let me ' }), chatChunk({ content: 'see. é😀' })]
  return [...(random.chance(0.3) ? thought : []), ...(random.chance(0.5) ? text : [])]
}

interface ChatContext {
  readonly random: Random
  readonly style: ChatStyle
  readonly positioned: boolean
}

function chatDeltas(
  { id, name, input }: WrittenCall,
  at: number,
  { random, style: { ids, index, names, shape, opening }, positioned }: ChatContext,
): readonly object[] {
  const text = JSON.stringify(input)
  const opens = shape === 'pieces' && opening !== 'none' && text !== '{}'
  const pieces = shape === 'pieces' ? random.pieces(text, 12) : [shape === 'object' ? input : text]
  // An id may come late, but not behind input.
  const late = ids === 'late' && positioned && opens && opening === '' ? 1 : 0
  const later = names === 'every' ? { name } : names === 'null-later' && { name: null }
  return [...(opens ? [opening] : []), ...pieces].map((piece, nth) => ({
    ...places[index](at),
    ...((nth === late || (ids === 'every' && nth > 0)) && id && { id, type: 'function' }),
    function: { ...(nth === 0 ? { name } : later), arguments: piece },
  }))
}

function wholeChat(calls: readonly WrittenCall[]): object {
  const tool_calls = calls.map(({ id, name, input }) => ({
    ...(id && { id }),
    function: { name, arguments: JSON.stringify(input) },
  }))
  const message = { role: 'assistant', content: 'Look: ', tool_calls }
  return { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }
}

function writeResponses(random: Random, mark: number): Written {
  const calls = writeCalls(random, mark, { ids: true, empty: true })
  const named = random.chance(0.7)
  const streamed = random.chance(0.8)
  const send = (type: string, more: object): WireItem =>
    item({ type, ...more }, named ? type : undefined)
  const said = random.chance(0.5) ? ['Let me ', 'see.'] : []
  const message = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed' }
  const content = [{ type: 'output_text', text: said.join('') }]
  const at0 = { output_index: 0, item_id: 'msg_1', content_index: 0 }
  const messages = said.length > 0 ? [{ ...message, content }] : []
  const saying =
    said.length > 0
      ? [
          send('response.output_item.added', {
            output_index: 0,
            item: { ...message, content: [] },
          }),
          ...said.map((delta) => send('response.output_text.delta', { ...at0, delta })),
          send('response.output_text.done', { ...at0, text: said.join('') }),
          send('response.output_item.done', { output_index: 0, item: { ...message, content } }),
        ]
      : []
  const written = calls.map(({ id, name, input }, nth) => {
    const place = { output_index: nth + messages.length, item_id: `fc_${mark}_${nth}` }
    const text = JSON.stringify(input)
    const head = { id: place.item_id, type: 'function_call', call_id: id, name }
    const whole = { ...head, status: 'completed', arguments: text }
    const added = { ...place, item: { ...head, arguments: '' } }
    const deltas = streamed ? random.pieces(text, 12) : []
    const events = [
      send('response.output_item.added', added),
      ...deltas.map((delta) => send('response.function_call_arguments.delta', { ...place, delta })),
      send('response.function_call_arguments.done', { ...place, arguments: text }),
      send('response.output_item.done', { ...place, item: whole }),
    ]
    return { whole, events }
  })
  const inTurns = random.chance(0.2)
  const all = written.map(({ events }) => events)
  const output = random.chance(0.3) ? [] : [...messages, ...written.map(({ whole }) => whole)]
  const usage = { input_tokens: 3, output_tokens: 5, total_tokens: 8 }
  const answer = { id: 'r', object: 'response', status: 'completed', usage }
  if (random.chance(0.05)) {
    const everything = [...messages, ...written.map(({ whole }) => whole)]
    return { calls, framing: 'lines', items: [item({ ...answer, output: everything })] }
  }
  return {
    calls,
    items: [
      send('response.created', { response: { id: 'r', status: 'in_progress', output: [] } }),
      ...saying,
      ...mix(all, inTurns),
      send('response.completed', { response: { ...answer, output } }),
    ],
  }
}

function writeAnthropic(random: Random, mark: number): Written {
  const calls = writeCalls(random, mark, { ids: true, empty: true })
  const send = (type: string, more: object): WireItem => item({ type, ...more }, type)
  const block = (index: number, content_block: object, deltas: readonly object[]): WireItem[] => [
    send('content_block_start', { index, content_block }),
    ...deltas.map((delta) => send('content_block_delta', { index, delta })),
    send('content_block_stop', { index }),
  ]
  const blocks: WireItem[][] = []
  if (random.chance(0.3))
    blocks.push(
      block(blocks.length, { type: 'thinking', thinking: '' }, [
        { type: 'thinking_delta', thinking: 'Hm. ' },
        { type: 'signature_delta', signature: 'c2ln' },
      ]),
    )
  if (random.chance(0.5))
    blocks.push(
      block(blocks.length, { type: 'text', text: '' }, [{ type: 'text_delta', text: 'Look: ' }]),
    )
  const atOnce = random.chance(0.2)
  const talk = blocks.flat()
  const asked = calls.map(({ id, name, input }, at) => {
    const start = { type: 'tool_use', id, name, input: atOnce ? input : {} }
    const pieces = atOnce ? [''] : ['', ...random.pieces(JSON.stringify(input), 12)]
    return block(
      blocks.length + at,
      start,
      pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    )
  })
  const served = { type: 'server_tool_use', id: 'srv', name: 'search', input: {} }
  const serverCall = block(blocks.length + calls.length, served, [
    { type: 'input_json_delta', partial_json: '{"q":1}' },
  ])
  const stop_reason = calls.length > 0 ? 'tool_use' : 'end_turn'
  if (random.chance(0.05)) {
    const content = calls.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input }))
    const whole = { type: 'message', id: `m${mark}`, content, stop_reason }
    return { calls, framing: 'lines', items: [item(whole)] }
  }
  return {
    calls,
    items: [
      send('message_start', {
        message: { id: `m${mark}`, content: [], usage: { input_tokens: 3 } },
      }),
      ...(random.chance(0.5) ? [send('ping', {})] : []),
      ...talk,
      ...mix(asked, random.chance(0.2)),
      ...(random.chance(0.1) ? serverCall : []),
      send('message_delta', {
        delta: { stop_reason },
        usage: { output_tokens: 5 },
      }),
      send('message_stop', {}),
    ],
  }
}

function writeGemini(random: Random, mark: number): Written {
  const ids = random.chance(0.4)
  // Here the mark of a call has to stand in plain strings, which are what streams.
  const inPieces = random.chance(0.3)
  const calls = writeCalls(random, mark, { ids, empty: !inPieces }).map((call, count) => {
    const text = `${markOf(mark, count)} text ${markOf(mark, count)}`
    return inPieces ? { ...call, input: { text, count } } : call
  })
  const parts: object[][] = [
    ...(random.chance(0.3) ? [[{ text: 'Hm. ', thought: true }]] : []),
    ...(random.chance(0.5) ? [[{ text: 'Let me ' }], [{ text: 'see.' }]] : []),
    ...calls.flatMap(({ id, name, input }): object[][] => {
      const head = { ...(id && { id }), name }
      const signature = random.chance(0.3) ? { thoughtSignature: 'c2ln' } : {}
      if (!inPieces) return [[{ functionCall: { ...head, args: input }, ...signature }]]
      const text = random.pieces(String(input['text']), 9)
      return [
        [{ functionCall: { ...head, willContinue: true }, ...signature }],
        ...text.map((stringValue, nth) => [
          {
            functionCall: {
              partialArgs: [
                { jsonPath: '$.text', stringValue, willContinue: nth + 1 < text.length },
              ],
              willContinue: true,
            },
          },
        ]),
        [
          {
            functionCall: {
              partialArgs: [{ jsonPath: '$.count', numberValue: input['count'] }],
              willContinue: true,
            },
          },
        ],
        [{ functionCall: {} }],
      ]
    }),
  ]
  const together = random.chance(0.2) ? [parts.flat()] : parts
  const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 }
  const chunks = together.map((each) => ({ candidates: [{ content: { parts: each }, index: 0 }] }))
  const last = { candidates: [{ content: {}, finishReason: 'STOP', index: 0 }], usageMetadata }
  return {
    calls,
    keyed: !inPieces,
    framing: random.pick(['sse', 'sse', 'array']),
    items: [...chunks, last].map((chunk) => item(chunk)),
  }
}

function writeOllama(random: Random, mark: number): Written {
  const calls = writeCalls(random, mark, { ids: random.chance(0.5), empty: true })
  const asked = calls.map(({ id, name, input }, index) => ({
    ...(id && { id }),
    function: { index, name, arguments: input },
  }))
  const messages = [
    ...(random.chance(0.3) ? [{ content: '', thinking: 'Hm. ' }] : []),
    ...(random.chance(0.5) ? [{ content: 'Let me ' }, { content: 'see.' }] : []),
    ...(random.chance(0.5)
      ? [{ content: '', tool_calls: asked }]
      : asked.map((call) => ({ content: '', tool_calls: [call] }))),
  ]
  return {
    calls,
    framing: 'lines',
    items: [
      ...messages.map((message) => item({ model: 'm', message, done: false })),
      item({
        model: 'm',
        message: { content: '' },
        done: true,
        done_reason: 'stop',
        eval_count: 5,
      }),
    ],
  }
}

function writeCohere(random: Random, mark: number): Written {
  const calls = writeCalls(random, mark, { ids: true, empty: true })
  const send = (type: string, more: object): WireItem =>
    item({ type, ...more }, random.chance(0.9) ? type : undefined)
  const asked = calls.map(({ id, name, input }, index) => {
    const step = (type: string, tool_calls: object): WireItem =>
      send(type, { index, delta: { message: { tool_calls } } })
    return [
      step('tool-call-start', { id, type: 'function', function: { name, arguments: '' } }),
      ...random
        .pieces(JSON.stringify(input), 12)
        .map((piece) => step('tool-call-delta', { function: { arguments: piece } })),
      send('tool-call-end', { index }),
    ]
  })
  const plan = send('tool-plan-delta', { delta: { message: { tool_plan: 'I will look.' } } })
  const text = { delta: { message: { content: { text: 'Let me see.' } } } }
  return {
    calls,
    items: [
      send('message-start', { id: 'm', delta: { message: { role: 'assistant', content: [] } } }),
      ...(calls.length > 0 ? [plan] : [send('content-delta', { index: 0, ...text })]),
      ...mix(asked, random.chance(0.2)),
      send('message-end', {
        delta: {
          finish_reason: calls.length > 0 ? 'TOOL_CALL' : 'COMPLETE',
          usage: { tokens: { input_tokens: 3, output_tokens: 5 } },
        },
      }),
    ],
  }
}
