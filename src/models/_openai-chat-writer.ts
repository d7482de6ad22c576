import type { Json, JsonObject } from '../base/index.ts'
import type { ModelRequest } from '../ports/index.ts'
import type { FilePart, Message, ResultPart, ToolDescriptor, ToolPart } from '../protocol/index.ts'
import {
  type Reader,
  argumentsOf,
  callState,
  failureText,
  ownStates,
  spokenText,
  stateOf,
} from './_history.ts'
import { type ToolNames, shortHash } from './_names.ts'
import type { ChatFlavor } from './_openai-chat-flavors.ts'

/** What a writer needs beside the request. */
export interface ChatWriterContext extends Reader {
  readonly model: string
  readonly flavor: ChatFlavor
  readonly names: ToolNames
}

/** Writes the body of a Chat Completions request. */
export function writeChatRequest(request: ModelRequest, context: ChatWriterContext): JsonObject {
  const { flavor, names, model } = context
  const { tools = [], toolChoice, temperature, maxOutputTokens } = request
  return {
    model,
    ...(tools.length > 0 && { tools: tools.map((tool) => writeTool(tool, names)) }),
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

function writeTool({ name, description, inputSchema }: ToolDescriptor, names: ToolNames): Json {
  // OpenAI wants type and properties also where there are none.
  const parameters = { type: 'object', properties: {}, ...inputSchema }
  return { type: 'function', function: { name: names.toWire(name), description, parameters } }
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
  readonly #out: Json[] = []
  #calls = 0

  constructor(context: ChatWriterContext) {
    this.#context = context
  }

  write({ system, messages }: ModelRequest): readonly Json[] {
    if (system) this.#out.push({ role: 'system', content: system })
    for (const message of messages)
      if (message.role === 'user') this.#out.push({ role: 'user', content: userContent(message) })
      else this.#writeAssistant(message)
    return this.#out
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
    if (part.modelOutput)
      return part.modelOutput.map((item) => this.#resultItem(item, attached)).join('\n')
    if (part.state === 'output-available')
      return typeof part.output === 'string' ? part.output : JSON.stringify(part.output ?? null)
    return failureText(part)
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

function userContent({ parts }: Message): Json {
  const said = parts.filter((part) => part.type === 'text' || part.type === 'file')
  const texts = said.filter((part) => part.type === 'text')
  // Servers without eyes take text only as text.
  return texts.length === said.length
    ? texts.map((part) => part.text).join('\n')
    : said.map((part) => (part.type === 'text' ? { ...part } : fileContent(part)))
}

function fileContent({ mediaType, url, filename }: FilePart): JsonObject {
  return mediaType.startsWith('image/')
    ? { type: 'image_url', image_url: { url } }
    : { type: 'file', file: { filename: filename ?? 'file', file_data: url } }
}
