// Streams without end, which have to come to a limit, or to nothing that anybody holds on to.
import type { Format } from './grammar.ts'

export interface EndlessStream {
  readonly name: string
  readonly format: Format
  readonly head: string
  /** The same for ever, numbered. */
  part(number: number): string
  /** Whether nothing of it is kept, so that it may go on. */
  readonly harmless?: boolean
}

const long = 'x'.repeat(50_000)
const middling = 'x'.repeat(1_000)
const inOneRead = 50

function sse(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`
}

/** Many small events in one read. */
function many(event: (number: number) => object): (number: number) => string {
  return (number) =>
    Array.from({ length: inOneRead }, (_, at) => sse(event(number * inOneRead + at))).join('')
}

function chat(delta: object): object {
  return { choices: [{ index: 0, delta }] }
}

function chatCall(call: object): object {
  return chat({ tool_calls: [call] })
}

function block(index: number, content_block: object): object {
  return { type: 'content_block_start', index, content_block }
}

function blockDelta(delta: object): object {
  return { type: 'content_block_delta', index: 0, delta }
}

function part(content: object): object {
  return { candidates: [{ content: { parts: [content] } }] }
}

function argument(jsonPath: string): object {
  return part({
    functionCall: { partialArgs: [{ jsonPath, stringValue: 'x' }], willContinue: true },
  })
}

const messageStart = sse({ type: 'message_start', message: { id: 'm' } })
const toolUse = { type: 'tool_use', id: 'c', name: 'f', input: {} }
const functionCall = { type: 'function_call', call_id: 'c', name: 'f' }
const added = { type: 'response.output_item.added', output_index: 0 }
const cohereCall = (type: string, index: number, call: object): object => ({
  type,
  index,
  delta: { message: { tool_calls: call } },
})

/** One that is always SSE, and one that may be something else. */
const framed: readonly Format[] = ['openai-chat', 'gemini']

const framing = framed.flatMap((format): EndlessStream[] => [
  { name: 'a line', format, head: 'data: {"a":"', part: () => long },
  { name: 'an event', format, head: '', part: () => `data: ${long}\n` },
  { name: 'a document', format, head: '{"a":[', part: () => `"${long}",` },
  { name: 'deep nesting', format, head: 'data: ', part: () => '[{"a":'.repeat(10_000) },
  {
    name: 'comments',
    format,
    head: '',
    part: () => ': keep-alive\n\n'.repeat(5_000),
    harmless: true,
  },
  { name: 'a comment', format, head: ': ', part: () => long, harmless: true },
  { name: 'white space', format, head: '', part: () => ' \n\r\n \t'.repeat(9_000), harmless: true },
  { name: 'fields', format, head: '', part: () => `id: ${long}\nx: y\n`, harmless: true },
])

const contents: readonly EndlessStream[] = [
  { name: 'text', format: 'openai-chat', head: '', part: () => sse(chat({ content: long })) },
  {
    name: 'reasoning',
    format: 'openai-chat',
    head: '',
    part: () => sse(chat({ reasoning_content: long })),
  },
  {
    name: 'details of reasoning',
    format: 'openai-chat',
    head: '',
    part: many((index) =>
      chat({ reasoning_details: [{ type: 'reasoning.text', index, text: middling }] }),
    ),
  },
  {
    name: 'fields of one detail',
    format: 'openai-chat',
    head: '',
    part: many((number) => chat({ reasoning_details: [{ index: 0, [`f${number}`]: middling }] })),
  },
  {
    name: 'an input',
    format: 'openai-chat',
    head: sse(chatCall({ index: 0, id: 'c', function: { name: 'f' } })),
    part: () => sse(chatCall({ index: 0, function: { arguments: long } })),
  },
  {
    name: 'an input with a name in every piece',
    format: 'openai-chat',
    head: '',
    part: many(() => chatCall({ index: 0, function: { name: 'f', arguments: '['.repeat(1_000) } })),
  },
  {
    name: 'a name',
    format: 'openai-chat',
    head: '',
    part: (number) => sse(chatCall({ index: 0, function: { name: `n${number}` } })),
    harmless: true,
  },
  {
    name: 'calls',
    format: 'openai-chat',
    head: '',
    part: many((index) => chatCall({ index, id: `c${index}`, function: { name: 'f' } })),
  },
  {
    name: 'calls with long inputs',
    format: 'openai-chat',
    head: '',
    part: (index) => sse(chatCall({ index: index % 250, function: { arguments: long } })),
  },
  {
    name: 'text',
    format: 'openai-responses',
    head: '',
    part: () => sse({ type: 'response.output_text.delta', output_index: 0, delta: long }),
  },
  {
    name: 'parts',
    format: 'openai-responses',
    head: '',
    part: many((content_index) => ({
      type: 'response.output_text.delta',
      output_index: 0,
      content_index,
      delta: 'x',
    })),
  },
  {
    name: 'items',
    format: 'openai-responses',
    head: '',
    part: many((output_index) => ({ ...added, output_index, item: { type: 'message' } })),
  },
  {
    name: 'items in one output',
    format: 'openai-responses',
    head: '',
    part: () =>
      sse({
        type: 'response.completed',
        response: { output: Array.from({ length: 500 }, () => ({ type: 'message' })) },
      }),
    harmless: true,
  },
  {
    name: 'ends of one item',
    format: 'openai-responses',
    head: '',
    part: () =>
      sse({ ...added, type: 'response.output_item.done', item: { type: 'x', text: long } }),
    harmless: true,
  },
  {
    name: 'an input',
    format: 'openai-responses',
    head: sse({ ...added, item: functionCall }),
    part: () =>
      sse({ type: 'response.function_call_arguments.delta', output_index: 0, delta: long }),
  },
  {
    name: 'ends of one input',
    format: 'openai-responses',
    head: sse({ ...added, item: functionCall }),
    part: (number) =>
      sse({
        type: 'response.function_call_arguments.done',
        output_index: 0,
        arguments: `${number}${long}`,
      }),
  },
  {
    name: 'text',
    format: 'anthropic',
    head: messageStart + sse(block(0, { type: 'text', text: '' })),
    part: () => sse(blockDelta({ type: 'text_delta', text: long })),
  },
  {
    name: 'a signature',
    format: 'anthropic',
    head: messageStart + sse(block(0, { type: 'thinking', thinking: '' })),
    part: () => sse(blockDelta({ type: 'signature_delta', signature: long })),
  },
  {
    name: 'citations',
    format: 'anthropic',
    head: messageStart + sse(block(0, { type: 'text', text: '' })),
    part: many(() => blockDelta({ type: 'citations_delta', citation: { cited_text: middling } })),
  },
  {
    name: 'an input of the server',
    format: 'anthropic',
    head: messageStart + sse(block(0, { type: 'server_tool_use', id: 's', name: 'f', input: {} })),
    part: () => sse(blockDelta({ type: 'input_json_delta', partial_json: long })),
  },
  {
    name: 'an input',
    format: 'anthropic',
    head: messageStart + sse(block(0, toolUse)),
    part: () => sse(blockDelta({ type: 'input_json_delta', partial_json: long })),
  },
  {
    name: 'blocks',
    format: 'anthropic',
    head: messageStart,
    part: many((index) => block(index, { type: 'text', text: '' })),
  },
  {
    name: 'blocks at one place',
    format: 'anthropic',
    head: messageStart,
    part: () =>
      sse(block(0, { type: 'thinking', thinking: long })) +
      sse({ type: 'content_block_stop', index: 0 }),
  },
  {
    name: 'calls',
    format: 'anthropic',
    head: messageStart,
    part: many((index) => block(index, { ...toolUse, id: `c${index}` })),
  },
  { name: 'text', format: 'gemini', head: '', part: () => sse(part({ text: long })) },
  {
    name: 'text in an array',
    format: 'gemini',
    head: '[',
    part: () => `${JSON.stringify(part({ text: long }))},\r\n`,
  },
  {
    name: 'signatures',
    format: 'gemini',
    head: '',
    part: () => sse(part({ text: '', thoughtSignature: long })),
  },
  {
    name: 'counts',
    format: 'gemini',
    head: '',
    part: many((number) => ({ usageMetadata: { [`count${number}`]: middling } })),
    harmless: true,
  },
  {
    name: 'calls',
    format: 'gemini',
    head: '',
    part: many(() => part({ functionCall: { name: 'f', args: {} } })),
  },
  {
    name: 'pieces of an input',
    format: 'gemini',
    head: sse(part({ functionCall: { name: 'f', willContinue: true } })),
    part: many((number) => argument(`$.a[${number % 2}].b`)),
  },
  {
    name: 'a path',
    format: 'gemini',
    head: sse(part({ functionCall: { name: 'f', willContinue: true } })),
    part: (number) => sse(argument(`$${'.a'.repeat(2 ** Math.min(number, 20))}`)),
  },
  {
    name: 'text',
    format: 'ollama',
    head: '',
    part: () => `${JSON.stringify({ message: { content: long } })}\n`,
  },
  {
    name: 'thoughts',
    format: 'ollama',
    head: '',
    part: () => `${JSON.stringify({ message: { thinking: long } })}\n`,
  },
  { name: 'a line', format: 'ollama', head: '{"message":{"content":"', part: () => long },
  { name: 'what is no JSON', format: 'ollama', head: '{}x', part: () => long },
  {
    name: 'white space',
    format: 'ollama',
    head: '',
    part: () => ' \n\r\n \t'.repeat(9_000),
    harmless: true,
  },
  {
    name: 'calls',
    format: 'ollama',
    head: '',
    part: () =>
      `${JSON.stringify({ message: { tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] } })}\n`.repeat(
        inOneRead,
      ),
  },
  {
    name: 'a plan',
    format: 'cohere-v2',
    head: '',
    part: () => sse({ type: 'tool-plan-delta', delta: { message: { tool_plan: long } } }),
  },
  {
    name: 'an input',
    format: 'cohere-v2',
    head: sse(cohereCall('tool-call-start', 0, { id: 'c', function: { name: 'f' } })),
    part: () => sse(cohereCall('tool-call-delta', 0, { function: { arguments: long } })),
  },
  {
    name: 'calls',
    format: 'cohere-v2',
    head: '',
    part: many((index) =>
      cohereCall('tool-call-start', index, { id: `c${index}`, function: { name: 'f' } }),
    ),
  },
]

export const endlessStreams: readonly EndlessStream[] = [...framing, ...contents]
