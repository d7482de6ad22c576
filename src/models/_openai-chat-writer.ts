import type { Json, JsonObject } from '../base/index.ts'
import type { ModelRequest } from '../ports/index.ts'
import type { FilePart, Message, ResultPart, TextPart, ToolPart } from '../protocol/index.ts'
import { type Reader, argumentsOf, callState, ownStates, spokenText, stateOf } from './_history.ts'
import { type ToolNames, shortHash } from './_names.ts'
import type { ChatFlavor } from './_openai-chat-flavors.ts'
import { join } from './_json.ts'
import type { OfferedTool } from './_schema-tools.ts'
import { resultParts } from './_result-parts.ts'
import { base64Of, goOn, saidParts } from './_said.ts'

/** What a writer needs beside the request. */
export interface ChatWriterContext extends Reader {
  readonly model: string
  readonly flavor: ChatFlavor
  readonly names: ToolNames
  readonly tools: readonly OfferedTool[]
}

/** Writes the body of a Chat Completions request. */
export function writeChatRequest(request: ModelRequest, context: ChatWriterContext): JsonObject {
  const { flavor, tools, model } = context
  const { toolChoice, temperature, maxOutputTokens } = request
  return {
    model,
    ...(tools.length > 0 && { tools: tools.map((tool) => join(writeTool(tool), tool.options)) }),
    ...(tools.length > 0 && toolChoice && { tool_choice: writeChoice(toolChoice, context) }),
    messages: new HistoryWriter(context).write(request),
    stream: true,
    ...(flavor.streamOptions !== false && { stream_options: { include_usage: true } }),
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && {
      [flavor.maxTokensField ?? 'max_tokens']: maxOutputTokens,
    }),
    ...request.providerOptions,
  }
}

/** An id as `flavor` accepts it, the same for the same call in every request. */
export function chatCallId({ callIds }: ChatFlavor, id: string, called?: string): string {
  if (callIds === 'max-40' && id.length > 40) return `call_${shortHash(id)}`
  if (callIds === 'nine-alphanumeric' && !/^[a-zA-Z0-9]{9}$/.test(id))
    return shortHash(id).slice(-9)
  if (callIds === 'functions' && called && !/^functions\.[^:]+:\d+$/.test(id))
    return `functions.${called}`
  return id
}

function writeTool({ wireName: name, description, schema, strict }: OfferedTool): JsonObject {
  // OpenAI wants properties also where there are none.
  const parameters = { properties: {}, ...schema }
  return {
    type: 'function',
    function: { name, description, parameters, ...(strict && { strict }) },
  }
}

function writeChoice(
  choice: NonNullable<ModelRequest['toolChoice']>,
  { flavor, names }: ChatWriterContext,
): Json {
  if (choice === 'required') return flavor.requiredToolChoice ?? choice
  if (typeof choice === 'string') return choice
  return { type: 'function', function: { name: names.toWire(choice.toolName) } }
}

class HistoryWriter {
  readonly #context: ChatWriterContext
  readonly #out: JsonObject[] = []
  #calls = 0

  constructor(context: ChatWriterContext) {
    this.#context = context
  }

  write({ system, messages }: ModelRequest): readonly Json[] {
    if (system) this.#out.push({ role: 'system', content: system })
    for (const message of messages)
      if (message.role === 'user') this.#writeUser(message)
      else this.#writeAssistant(message)
    if (this.#last === 'assistant' && this.#context.flavor.freeOrder === false)
      this.#out.push({ role: 'user', content: goOn })
    return this.#out
  }

  get #last(): Json | undefined {
    return this.#out.at(-1)?.['role']
  }

  #writeUser(message: Message): void {
    const { flavor } = this.#context
    if (this.#last === 'tool' && flavor.freeOrder === false)
      this.#out.push({ role: 'assistant', content: interrupted })
    this.#out.push({ role: 'user', content: userContent(message, flavor) })
  }

  #writeAssistant(message: Message): void {
    const calls = message.parts.filter((part) => part.type === 'tool')
    const text = message.parts.map(spokenText).join('')
    // A turn that said nothing, as after an error, is no message that servers accept.
    if (!text && calls.length === 0) return
    const states = ownStates(message, this.#context)
    const ids = calls.map((part) => this.#callId(part, message))
    this.#out.push({
      role: 'assistant',
      content: text || null,
      ...(calls.length > 0 && {
        tool_calls: calls.map((part, at) => ({
          id: ids[at] ?? '',
          type: 'function',
          function: {
            name: this.#context.names.toWire(part.toolName),
            arguments: argumentsOf(part),
          },
          ...callState(states, part),
        })),
        // Sent without it, the message is refused; sent empty, by some.
        ...(this.#context.flavor.requireReasoning && { reasoning_content: ' ' }),
      }),
      ...stateOf(states, [undefined]),
    })
    this.#writeResults(calls, ids)
  }

  #callId(part: ToolPart, { metadata }: Message): string {
    const { flavor, modelId, names } = this.#context
    const id = part.providerToolCallId ?? part.toolCallId
    const called = `${names.toWire(part.toolName)}:${this.#calls++}`
    // An id that this model gave goes back as it was, also where it breaks the rules for ids of others.
    return metadata.model === modelId ? id : chatCallId(flavor, id, called)
  }

  #writeResults(calls: readonly ToolPart[], ids: readonly string[]): void {
    const attached: Json[] = []
    calls.forEach((part, at) => {
      const content = this.#resultText(part, attached)
      this.#out.push({ role: 'tool', tool_call_id: ids[at] ?? '', content })
    })
    if (attached.length > 0) this.#out.push({ role: 'user', content: attached })
  }

  #resultText(part: ToolPart, attached: Json[]): string {
    return resultParts(part)
      .map((item) => this.#resultItem(item, attached))
      .join('\n')
  }

  /** This wire has only text in results; what is not text follows in a user message. */
  #resultItem(item: ResultPart, attached: Json[]): string {
    if (item.type === 'text') return item.text
    if (item.type === 'json') return JSON.stringify(item.value)
    const { toolResultImages, toolResultFiles } = this.#context.flavor
    const { mediaType, data } = item
    const shown = item.type === 'image' || toolResultFiles
    if (toolResultImages === 'omit' || !shown)
      return `[${mediaType} left out: this model server takes none in tool results]`
    const label = `[attachment ${attached.length / 2 + 1} of the tool results above: ${mediaType}]`
    const url = `data:${mediaType};base64,${data}`
    const filename = item.type === 'file' && item.filename ? { filename: item.filename } : {}
    attached.push(
      { type: 'text', text: label },
      fileContent({ type: 'file', mediaType, url, ...filename }),
    )
    return label.replace('above', 'in the message below')
  }
}

/** Said for the model where the person went on before it could. */
const interrupted = '[interrupted]'

function userContent(message: Message, { fileUrls = true }: ChatFlavor): Json {
  const said = saidParts(message).map((part) => (fileUrls ? part : withoutAddress(part)))
  const texts = said.filter((part) => part.type === 'text')
  // Servers without eyes take text only as text.
  return texts.length === said.length
    ? texts.map((part) => part.text).join('\n')
    : said.map((part) => (part.type === 'text' ? { ...part } : fileContent(part)))
}

/** An image may be given by its address everywhere. */
function withoutAddress(part: TextPart | FilePart): TextPart | FilePart {
  if (
    part.type === 'text' ||
    part.mediaType.startsWith('image/') ||
    base64Of(part.url) !== undefined
  )
    return part
  return { type: 'text', text: `[${part.mediaType} "${part.filename ?? 'file'}" at ${part.url}]` }
}

function fileContent({ mediaType, url, filename }: FilePart): JsonObject {
  return mediaType.startsWith('image/')
    ? { type: 'image_url', image_url: { url } }
    : { type: 'file', file: { filename: filename ?? 'file', file_data: url } }
}
