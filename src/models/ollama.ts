import { type Json, type JsonObject, isObject } from '../base/index.ts'
import type { Model, ModelRequest } from '../ports/index.ts'
import type { Message, ResultPart, ToolPart } from '../protocol/index.ts'
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
import { JsonValues } from './_json-values.ts'
import { fields, isText, join, objects } from './_json.ts'
import { resultParts, textOf } from './_result-parts.ts'
import { base64Of, saidParts } from './_said.ts'
import { ollamaSchema } from './_schema-dialects.ts'
import { type OfferedTool, ToolSchemas } from './_schema-tools.ts'

export type { AdapterOptions, RequestRetry }

export interface OllamaOptions extends AdapterOptions {
  /** As in `http://127.0.0.1:11434`, the default; `/api/chat` is added. */
  readonly baseURL?: string
  /** For servers behind a gateway, and ollama.com. */
  readonly apiKey?: string
}

/**
 * A model behind Ollama's own API. The server knows no tool choice: with `none` it gets no tools, with one
 * tool's name that tool alone, and `required` is up to the model.
 */
export function ollama(options: OllamaOptions): Model {
  const { model, apiKey, baseURL = 'http://127.0.0.1:11434' } = options
  const check = new OptionsCheck('ollama')
  check.model(model, 'qwen3:4b')
  return modelOf(
    {
      format: 'ollama',
      url: check.endpoint(baseURL, 'api/chat'),
      schemas: new ToolSchemas(ollamaSchema),
      authorize: () => bearer(apiKey),
      open: (request, context) => ({
        body: writeRequest(request, model, context),
        decoder: new OllamaDecoder(context),
      }),
      splitter: () => new JsonValues(),
    },
    options,
  )
}

class OllamaDecoder extends AnswerDecoder {
  #calls = 0

  protected read(line: JsonObject): boolean {
    const { message, done, done_reason: reason } = line
    const { content, thinking, tool_calls: calls } = fields(message)
    this.text('reasoning-delta', thinking)
    this.keepText('thinking', thinking)
    this.text('text-delta', content)
    for (const call of objects(calls)) this.#readCall(call)
    if (done === true) this.#finish(line)
    if (isText(reason)) this.rawReason = reason
    return isObject(message) || done === true
  }

  protected judge(reason: string | null): Verdict {
    if (reason === 'length') return 'length'
    return reason === null || reason === 'stop' ? 'stop' : 'other'
  }

  // A call comes whole, and its index counts only in some versions.
  #readCall({ id, function: called }: JsonObject): void {
    this.done = false
    const { name, arguments: input } = fields(called)
    const slot = this.slots.open(this.#calls++)
    this.slots.identify(slot, id, name)
    this.slots.input(slot, input)
    this.slots.announce(slot)
  }

  #finish(line: JsonObject): void {
    this.done = true
    this.usage = usageOf({
      inputTokens: line['prompt_eval_count'],
      outputTokens: line['eval_count'],
    })
  }
}

function writeRequest(request: ModelRequest, model: string, context: DialectContext): JsonObject {
  const { temperature, maxOutputTokens } = request
  const tools = offered(request, context)
  const body: JsonObject = {
    model,
    ...(tools.length > 0 && { tools: tools.map((tool) => join(writeTool(tool), tool.options)) }),
    messages: writeMessages(request, context),
    stream: true,
    options: {
      ...(temperature !== undefined && { temperature }),
      ...(maxOutputTokens !== undefined && { num_predict: maxOutputTokens }),
    },
  }
  return join(body, request.providerOptions ?? {})
}

function offered({ toolChoice }: ModelRequest, { tools }: DialectContext): readonly OfferedTool[] {
  if (toolChoice === 'none') return []
  return isObject(toolChoice)
    ? tools.filter(({ toolName }) => toolName === toolChoice.toolName)
    : tools
}

function writeTool({ wireName: name, description, schema }: OfferedTool): JsonObject {
  const parameters = { properties: {}, ...schema }
  return { type: 'function', function: { name, description, parameters } }
}

function writeMessages({ system, messages }: ModelRequest, context: DialectContext): Json[] {
  const written: Json[] = system ? [{ role: 'system', content: system }] : []
  for (const message of messages)
    if (message.role === 'user') written.push(...writeUser(message))
    else written.push(...writeAssistant(message, context))
  return written
}

function writeUser(message: Message): Json[] {
  const images: Json[] = []
  const texts = saidParts(message).map((part) => {
    if (part.type === 'text') return part.text
    const data = part.mediaType.startsWith('image/') && base64Of(part.url)
    return data ? attach(data, images) : leftOut(part.mediaType)
  })
  return said(texts, images)
}

function writeAssistant(message: Message, context: DialectContext): Json[] {
  const calls = message.parts.filter((part) => part.type === 'tool')
  const content = message.parts.map(spokenText).join('')
  // A turn that said nothing, as after an error, teaches the model to say nothing.
  if (!content && calls.length === 0) return []
  const images: Json[] = []
  return [
    {
      role: 'assistant',
      content,
      ...(calls.length > 0 && { tool_calls: calls.map((part) => writeCall(part, context)) }),
      ...stateOf(ownStates(message, context), [undefined]),
    },
    ...calls.map((part) => ({
      role: 'tool',
      // Old versions know a result by the tool's name, new ones by the call's id.
      tool_name: context.names.toWire(part.toolName),
      tool_call_id: callId(part),
      content: resultParts(part)
        .map((item) => writeResult(item, images))
        .join('\n'),
    })),
    ...said(images.length > 0 ? ['The images of the tool results above:'] : [], images),
  ]
}

function writeCall(part: ToolPart, { names }: DialectContext): Json {
  const input: Json = JSON.parse(argumentsOf(part))
  return { id: callId(part), function: { name: names.toWire(part.toolName), arguments: input } }
}

function callId({ toolCallId, providerToolCallId }: ToolPart): string {
  return providerToolCallId ?? toolCallId
}

/** Results are text on this wire; their images follow in a message of the user. */
function writeResult(item: ResultPart, images: Json[]): string {
  const text = textOf(item)
  if (text !== undefined || !('data' in item)) return text ?? ''
  return item.type === 'image' ? attach(item.data, images) : leftOut(item.mediaType)
}

function attach(data: string, images: Json[]): string {
  return `[image ${images.push(data)}]`
}

function leftOut(mediaType: string): string {
  return `[${mediaType} left out: this model server takes only images, and as data]`
}

function said(texts: readonly string[], images: readonly Json[]): Json[] {
  const content = texts.filter((text) => text !== '').join('\n')
  return content ? [{ role: 'user', content, ...(images.length > 0 && { images }) }] : []
}
