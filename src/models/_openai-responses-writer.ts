import type { Json, JsonObject } from '../base/index.ts'
import type { ModelRequest, ToolChoice } from '../ports/index.ts'
import type {
  FilePart,
  Message,
  ProviderStatePart,
  ResultPart,
  ToolPart,
} from '../protocol/index.ts'
import { type Reader, argumentsOf, callState, isOwn, ownStates, spokenText } from './_history.ts'
import { fields, isText, items, join } from './_json.ts'
import { type ToolNames, shortHash } from './_names.ts'
import { plainText, resultParts, textOf } from './_result-parts.ts'
import { saidParts } from './_said.ts'
import type { OfferedTool } from './_schema-tools.ts'

/** What a writer needs beside the request. */
export interface ResponsesWriterContext extends Reader {
  readonly model: string
  /** Asks for reasoning that can be sent back; a model that does not reason refuses the question. */
  readonly encryptedReasoning: boolean
  readonly names: ToolNames
  readonly tools: readonly OfferedTool[]
}

/** Writes the body of a Responses request. The server keeps nothing: the whole history goes with each. */
export function writeResponsesRequest(
  request: ModelRequest,
  context: ResponsesWriterContext,
): JsonObject {
  const { toolChoice, temperature, system, maxOutputTokens, providerOptions } = request
  const { model, names, tools, encryptedReasoning } = context
  return {
    model,
    ...(system && { instructions: system }),
    ...(tools.length > 0 && { tools: tools.map((tool) => join(writeTool(tool), tool.options)) }),
    ...(tools.length > 0 && toolChoice && { tool_choice: writeChoice(toolChoice, names) }),
    input: new HistoryWriter(request, context).write(),
    stream: true,
    store: false,
    ...(encryptedReasoning && { include: ['reasoning.encrypted_content'] }),
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
    ...providerOptions,
  }
}

function writeTool({ wireName: name, description, schema, strict }: OfferedTool): JsonObject {
  const parameters = { properties: {}, ...schema }
  // Left out, `strict` may become true, and change the schema.
  return { type: 'function', name, description, parameters, strict }
}

function writeChoice(choice: ToolChoice, names: ToolNames): Json {
  return typeof choice === 'string'
    ? choice
    : { type: 'function', name: names.toWire(choice.toolName) }
}

class HistoryWriter {
  readonly #messages: readonly Message[]
  readonly #context: ResponsesWriterContext
  readonly #stored: boolean
  readonly #out: Json[] = []
  /** Calls of the server's own tools whose output is in the history. */
  readonly #answered: ReadonlySet<Json | undefined>

  constructor({ messages, providerOptions }: ModelRequest, context: ResponsesWriterContext) {
    this.#messages = messages
    this.#context = context
    this.#stored = providerOptions?.['store'] === true
    const outputs = messages
      .flatMap((message) => ownStates(message, context))
      .map(({ state }) => fields(state))
      .filter(({ type }) => isText(type) && type.endsWith('_output'))
    this.#answered = new Set(outputs.map((item) => item['call_id']))
  }

  write(): readonly Json[] {
    for (const message of this.#messages)
      if (message.role === 'user') this.#out.push({ role: 'user', content: userContent(message) })
      else this.#writeAssistant(message)
    return this.#out
  }

  #writeAssistant(message: Message): void {
    const states = ownStates(message, this.#context)
    const calls = message.parts.filter((part) => part.type === 'tool')
    const said = new AnswerItems(this.#isEchoed(states, calls))
    for (const part of message.parts)
      if (part.type === 'tool') said.add(this.#call(part, message, states))
      else if (part.type !== 'provider-state') said.say(part)
      else if (states.includes(part) && !part.toolCallId) said.restore(fields(part.state))
    const whole = states.every(({ state }) => this.#isWhole(fields(state)))
    this.#out.push(...said.items().map((item) => (whole ? item : withoutId(item))))
    for (const part of calls) this.#out.push(this.#result(part, message, states))
  }

  /** Reasoning that the server neither kept nor sent along cannot be understood again. */
  #isWhole({ type, encrypted_content: encrypted, content }: JsonObject): boolean {
    return type !== 'reasoning' || this.#stored || isText(encrypted) || items(content).length > 0
  }

  /** The server refuses a call of one of its tools that a crash left without an output. */
  #isEchoed(
    states: readonly ProviderStatePart[],
    calls: readonly ToolPart[],
  ): (item: JsonObject) => boolean {
    const callers = calls.map((part) => fields(callState(states, part)['caller'])['caller_id'])
    const open = new Set([...this.#answered, ...callers])
    return (item) => {
      const { type, call_id: id } = item
      const dangles = isText(id) && isText(type) && !type.endsWith('_output') && !open.has(id)
      return this.#isWhole(item) && !dangles
    }
  }

  #call(part: ToolPart, message: Message, states: readonly ProviderStatePart[]): JsonObject {
    const state = callState(states, part)
    const name = this.#context.names.toWire(part.toolName)
    const head = { ...state, call_id: this.#callId(part, message), name }
    return state['type'] === 'custom_tool_call'
      ? { ...head, type: 'custom_tool_call', input: part.inputText ?? argumentsOf(part) }
      : { ...head, type: 'function_call', arguments: argumentsOf(part) }
  }

  #result(part: ToolPart, message: Message, states: readonly ProviderStatePart[]): JsonObject {
    const { type, caller } = callState(states, part)
    const parts = resultParts(part)
    return {
      type: type === 'custom_tool_call' ? 'custom_tool_call_output' : 'function_call_output',
      call_id: this.#callId(part, message),
      output: plainText(parts) ?? parts.filter((each) => textOf(each) !== '').map(resultContent),
      ...(caller !== undefined && { caller }),
    }
  }

  /** An id that this model gave goes back as it was; of others' ids, long ones and repeated ones are refused. */
  #callId({ toolCallId, providerToolCallId = toolCallId }: ToolPart, message: Message): string {
    const id = isOwn(message, this.#context) ? providerToolCallId : toolCallId
    const given = message.metadata.model === this.#context.modelId
    return given || id.length <= 64 ? id : `call_${shortHash(id)}`
  }
}

/** The items of one answer, put together from the parts of its message. */
class AnswerItems {
  readonly #isEchoed: (item: JsonObject) => boolean
  readonly #items: JsonObject[] = []
  #said: { readonly text: string; readonly refused: boolean }[] = []

  constructor(isEchoed: (item: JsonObject) => boolean) {
    this.#isEchoed = isEchoed
  }

  say(part: Message['parts'][number]): void {
    const text = spokenText(part)
    if (text) this.#said.push({ text, refused: part.type === 'refusal' })
  }

  add(item: JsonObject): void {
    this.#endMessage()
    this.#items.push(item)
  }

  /** Puts an item back as it came; what names a message belongs to what was said just before. */
  restore(item: JsonObject): void {
    if (item['type'] === 'message') this.#endMessage(item)
    else if (this.#isEchoed(item)) this.add(item)
  }

  items(): readonly JsonObject[] {
    this.#endMessage()
    // Reasoning that nothing followed, as after a crash, is refused.
    const end = this.#items.findLastIndex(({ type }) => type !== 'reasoning')
    return this.#items.slice(0, end + 1)
  }

  #endMessage(head?: JsonObject): void {
    const said = this.#said
    this.#said = []
    if (said.length === 0) return
    const content = head
      ? said.map(({ text, refused }) =>
          refused
            ? { type: 'refusal', refusal: text }
            : { type: 'output_text', text, annotations: [] },
        )
      : said.map(({ text }) => text).join('')
    this.#items.push({ ...head, role: 'assistant', content })
  }
}

/** What has an id is looked for together with the reasoning that was before it. */
function withoutId(item: JsonObject): JsonObject {
  const { id: _, ...rest } = item
  const { type } = item
  return type === 'message' || type === 'function_call' || type === 'custom_tool_call' ? rest : item
}

function userContent(message: Message): Json {
  const said = saidParts(message)
  const texts = said.filter((part) => part.type === 'text')
  return texts.length === said.length
    ? texts.map((part) => part.text).join('\n')
    : said.map((part) =>
        part.type === 'text' ? { type: 'input_text', text: part.text } : fileContent(part),
      )
}

function resultContent(part: ResultPart): JsonObject {
  if (part.type !== 'image' && part.type !== 'file')
    return { type: 'input_text', text: textOf(part) ?? '' }
  const { mediaType, data } = part
  const filename = part.type === 'file' && part.filename ? { filename: part.filename } : {}
  const url = `data:${mediaType};base64,${data}`
  return fileContent({ type: 'file', mediaType, url, ...filename })
}

function fileContent({ mediaType, url, filename }: FilePart): JsonObject {
  if (mediaType.startsWith('image/')) return { type: 'input_image', image_url: url }
  return url.startsWith('data:')
    ? { type: 'input_file', filename: filename ?? 'file', file_data: url }
    : { type: 'input_file', file_url: url }
}
