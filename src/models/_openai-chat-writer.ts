import { type Json, type JsonObject, isObject } from '../base/index.ts'
import type { ModelRequest } from '../ports/index.ts'
import type {
  FilePart,
  Message,
  ProviderStatePart,
  ResultPart,
  ToolDescriptor,
  ToolPart,
} from '../protocol/index.ts'
import { readInputText } from './_input-text.ts'
import { fields } from './_json.ts'
import { excerpt } from './_model-error.ts'
import { type ToolNames, shortHash } from './_names.ts'
import type { ChatFlavor } from './_openai-chat-flavors.ts'

/** What a writer needs beside the request. */
export interface ChatWriterContext {
  readonly model: string
  /** `Model.id` and `Model.format` of the adapter. */
  readonly modelId: string
  readonly format: string
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
    const own = (message.metadata.model ?? this.#context.modelId) === this.#context.modelId
    const states = own ? message.parts.filter((part) => this.#isEchoed(part)) : []
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
          ...stateOf(states, [part.toolCallId, part.providerToolCallId ?? part.toolCallId]),
        })),
        // Sent without it, the message is refused; sent empty, by some.
        ...(this.#context.flavor.requireReasoning && { reasoning_content: ' ' }),
      }),
      ...stateOf(states, [undefined]),
    })
    this.#writeResults(calls, ids)
  }

  #isEchoed(part: Message['parts'][number]): part is ProviderStatePart {
    return part.type === 'provider-state' && part.format === this.#context.format
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

function spokenText(part: Message['parts'][number]): string {
  if (part.type === 'text' || part.type === 'refusal') return part.text
  return part.type === 'file' ? `[${part.mediaType} "${part.filename ?? 'file'}"]` : ''
}

/** What goes back to the provider as it came, for one call or the whole message. */
function stateOf(
  states: readonly ProviderStatePart[],
  ids: readonly (string | undefined)[],
): JsonObject {
  const own = states.filter((part) => ids.includes(part.toolCallId))
  return own.reduce<JsonObject>((all, part) => ({ ...all, ...fields(part.state) }), {})
}

/** Servers refuse arguments that are no JSON object, and would never take the history again. */
function argumentsOf(part: ToolPart): string {
  if (isObject(part.input)) return JSON.stringify(part.input)
  const { inputText = '' } = part
  return isObject(readInputText(inputText)) ? inputText : '{}'
}

const failures: Partial<Record<ToolPart['state'], string>> = {
  'output-error': 'The tool failed.',
  'input-invalid': 'The input of the call is not valid.',
  denied: 'The call was denied.',
  cancelled: 'The call was cancelled.',
  'timed-out': 'The call timed out.',
  'outcome-unknown': 'It is not known whether the call took effect; check before repeating it.',
}

function failureText(part: ToolPart): string {
  const failure = failures[part.state]
  if (!failure) return `No result: the call has not finished (${part.state}).`
  const { inputText = '' } = part
  const unsent = inputText && argumentsOf(part) === '{}' && inputText.trim() !== '{}'
  const quote = unsent ? `\nThe input was: ${excerpt(inputText, 2000)}` : ''
  return `Error: ${part.errorText ?? part.approval?.reason ?? failure}${quote}`
}
