import { type Json, type JsonObject, isObject } from '../base/index.ts'
import type { Model, ModelRequest } from '../ports/index.ts'
import type { Message, ResultPart } from '../protocol/index.ts'
import {
  type AdapterOptions,
  type DialectContext,
  OptionsCheck,
  bearer,
  modelOf,
} from './_adapter.ts'
import { AnswerDecoder, type Verdict, usageOf } from './_answer-decoder.ts'
import { argumentsOf, ownStates, spokenText, stateOf } from './_history.ts'
import type { RequestRetry } from './_http.ts'
import { type Foreign, fields, isText, items, join, objects } from './_json.ts'
import { providerError } from './_model-error.ts'
import { resultParts, textOf } from './_result-parts.ts'
import { saidParts } from './_said.ts'
import { openSchema } from './_schema-dialects.ts'
import { type OfferedTool, ToolSchemas } from './_schema-tools.ts'
import type { Slot } from './_slots.ts'
import type { WireEvent } from './_sse.ts'

export type { AdapterOptions, RequestRetry }

export interface CohereOptions extends AdapterOptions {
  /** As in `https://api.cohere.com`, the default; `/v2/chat` is added. */
  readonly baseURL?: string
  readonly apiKey?: string
}

/** A model behind Cohere's chat API, version 2. */
export function cohere(options: CohereOptions): Model {
  const { model, apiKey, baseURL = 'https://api.cohere.com' } = options
  const check = new OptionsCheck('cohere')
  check.model(model, 'command-a-03-2025')
  return modelOf(
    {
      format: 'cohere-v2',
      url: check.endpoint(baseURL, 'v2/chat'),
      schemas: new ToolSchemas({ ...openSchema, name: 'Cohere' }),
      authorize: () => bearer(apiKey),
      open: (request, context) => ({
        body: writeRequest(request, model, context),
        decoder: new CohereDecoder(context),
      }),
    },
    options,
  )
}

const verdicts: ReadonlyMap<string, Verdict> = new Map([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop'],
  ['TOOL_CALL', 'tool-calls'],
  ['MAX_TOKENS', 'length'],
  ['ERROR_TOXIC', 'content-filter'],
])

class CohereDecoder extends AnswerDecoder {
  #errorText = ''

  protected read(chunk: JsonObject, { event }: WireEvent): boolean {
    const type = chunk['type'] ?? event
    const delta = fields(chunk['delta'])
    const message = fields(delta['message'])
    // An answer that does not stream is all of it at once.
    if (isObject(chunk['message'])) return this.#readWhole(chunk)
    if (type === 'message-end') this.#finish(delta)
    else if (type === 'tool-call-start') this.#open(chunk['index'], message['tool_calls'])
    else if (type === 'tool-call-delta') this.#add(chunk['index'], message['tool_calls'])
    else this.#say(message)
    return typeof type === 'string' && 'delta' in chunk
  }

  protected judge(reason: string | null): Verdict {
    if (reason === null) return 'stop'
    const verdict = verdicts.get(reason)
    if (verdict || !/ERROR|TIMEOUT/.test(reason)) return verdict ?? 'other'
    const message = this.#errorText || reason
    return providerError({ message, code: undefined, failedGeneration: undefined })
  }

  #readWhole(chunk: JsonObject): boolean {
    const message = fields(chunk['message'])
    this.#say(message)
    objects(message['tool_calls']).forEach((call, index) => this.#open(index, call))
    if (chunk['finish_reason']) this.#finish(chunk)
    return true
  }

  /** A plan is what the model thinks before its calls. */
  #say({ tool_plan: plan, content }: JsonObject): void {
    this.text('reasoning-delta', plan)
    this.keepText('tool_plan', plan)
    for (const { thinking, text } of objects(listOf(content))) {
      this.text('reasoning-delta', thinking)
      this.keepText('thinking', thinking)
      this.text('text-delta', text)
    }
  }

  #open(index: Foreign, calls: Foreign): void {
    this.done = false
    const slot = this.slots.open(positionOf(index))
    this.#read(slot, calls)
    this.slots.announce(slot)
  }

  #add(index: Foreign, calls: Foreign): void {
    this.done = false
    const position = positionOf(index)
    this.#read(this.slots.at(position) ?? this.slots.open(position), calls)
  }

  #read(slot: Slot, calls: Foreign): void {
    // There is one call at an index.
    const [call = {}] = objects(listOf(calls))
    const { name, arguments: input } = fields(call['function'])
    this.slots.identify(slot, call['id'], name)
    this.slots.input(slot, input)
  }

  #finish({ finish_reason: reason, usage, error }: JsonObject): void {
    this.done = true
    if (isText(reason)) this.rawReason = reason
    if (isText(error)) this.#errorText = error
    const { tokens, billed_units: billed, cached_tokens: cached } = fields(usage)
    const counts = fields(tokens ?? billed)
    this.usage = usageOf({
      inputTokens: counts['input_tokens'],
      outputTokens: counts['output_tokens'],
      reasoningTokens: counts['reasoning_tokens'],
      cachedInputTokens: cached,
    })
  }
}

function positionOf(index: Foreign): number {
  return typeof index === 'number' ? index : 0
}

/** What stands alone in a stream stands in a list where the answer is whole. */
function listOf(value: Foreign): readonly Json[] {
  return isObject(value) ? [value] : items(value)
}

function writeRequest(request: ModelRequest, model: string, context: DialectContext): JsonObject {
  const { toolChoice, temperature, maxOutputTokens } = request
  const named = isObject(toolChoice) ? toolChoice.toolName : undefined
  const offered = context.tools.filter(({ toolName }) => named === undefined || toolName === named)
  const choice = toolChoice === 'none' ? 'NONE' : 'REQUIRED'
  const body: JsonObject = {
    model,
    stream: true,
    ...(offered.length > 0 && {
      tools: offered.map((tool) => join(writeTool(tool), tool.options)),
    }),
    // A choice of one tool is a list of one, since the server knows no names here.
    ...(offered.length > 0 && toolChoice && toolChoice !== 'auto' && { tool_choice: choice }),
    messages: writeMessages(request, context),
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { max_tokens: maxOutputTokens }),
  }
  return join(body, request.providerOptions ?? {})
}

function writeTool({ wireName: name, description, schema }: OfferedTool): JsonObject {
  const parameters = { properties: {}, ...schema }
  return { type: 'function', function: { name, description, parameters } }
}

function writeMessages({ system, messages }: ModelRequest, context: DialectContext): Json[] {
  const written: Json[] = system ? [{ role: 'system', content: system }] : []
  for (const message of messages)
    if (message.role === 'user') written.push(writeUser(message))
    else written.push(...writeAssistant(message, context))
  return written
}

function writeUser(message: Message): Json {
  const content = saidParts(message).map((part): Json => {
    if (part.type === 'text') return { type: 'text', text: part.text }
    return part.mediaType.startsWith('image/')
      ? { type: 'image_url', image_url: { url: part.url } }
      : { type: 'text', text: leftOut(part.mediaType) }
  })
  return { role: 'user', content }
}

function writeAssistant(message: Message, context: DialectContext): Json[] {
  const calls = message.parts.filter((part) => part.type === 'tool')
  const text = message.parts.map(spokenText).join('')
  if (!text && calls.length === 0) return []
  const { thinking, ...state } = stateOf(ownStates(message, context), [undefined])
  const content: Json[] = [
    ...(isText(thinking) ? [{ type: 'thinking', thinking }] : []),
    ...(text ? [{ type: 'text', text }] : []),
  ]
  const toolCalls = calls.map((part) => ({
    id: part.providerToolCallId ?? part.toolCallId,
    type: 'function',
    function: { name: context.names.toWire(part.toolName), arguments: argumentsOf(part) },
  }))
  return [
    {
      role: 'assistant',
      ...(content.length > 0 && { content }),
      ...(calls.length > 0 && { tool_calls: toolCalls }),
      ...state,
    },
    ...calls.map((part) => ({
      role: 'tool',
      tool_call_id: part.providerToolCallId ?? part.toolCallId,
      content: resultParts(part).map(resultText).join('\n'),
    })),
  ]
}

function resultText(part: ResultPart): string {
  return textOf(part) ?? ('mediaType' in part ? leftOut(part.mediaType) : '')
}

function leftOut(mediaType: string): string {
  return `[${mediaType} left out: this model server takes none here]`
}
