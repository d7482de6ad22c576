import type { Json, JsonObject } from '../base/index.ts'
import type { ModelRequest, ToolChoice } from '../ports/index.ts'
import type { FilePart, Message, TextPart, ToolPart } from '../protocol/index.ts'
import { fileBlock, resultBlock } from './_anthropic-content.ts'
import { thinkingOf } from './_anthropic-thinking.ts'
import {
  type Reader,
  argumentsOf,
  callState,
  endsWithForeignAnswer,
  ownStates,
  spokenText,
} from './_history.ts'
import { fields, isText, join, parseJson } from './_json.ts'
import { type ToolNames, shortHash } from './_names.ts'
import { goOn, saidParts } from './_said.ts'
import type { OfferedTool } from './_schema-tools.ts'

/** What a writer needs beside the request. */
export interface AnthropicWriterContext extends Reader {
  readonly model: string
  /** Where the request has no limit of its own; the server insists on one. */
  readonly maxOutputTokens: number
  readonly names: ToolNames
  readonly tools: readonly OfferedTool[]
}

/** Writes the body of a Messages request. */
export function writeAnthropicRequest(
  request: ModelRequest,
  context: AnthropicWriterContext,
): JsonObject {
  const { toolChoice, temperature, system, maxOutputTokens } = request
  const { model, names, tools } = context
  const history = new HistoryWriter(request.messages, context)
  const messages = history.write()
  return {
    model,
    max_tokens: maxOutputTokens ?? context.maxOutputTokens,
    ...(system && { system }),
    ...(tools.length > 0 && { tools: tools.map((tool) => join(writeTool(tool), tool.options)) }),
    ...(tools.length > 0 && toolChoice && { tool_choice: writeChoice(toolChoice, names) }),
    messages,
    ...(history.container && { container: history.container }),
    stream: true,
    ...(temperature !== undefined && { temperature }),
    ...request.providerOptions,
    ...thinkingOf(request.providerOptions, messages),
  }
}

function writeTool({ wireName: name, description, schema, strict }: OfferedTool): JsonObject {
  return { name, description, input_schema: schema, ...(strict && { strict }) }
}

function writeChoice(choice: ToolChoice, names: ToolNames): Json {
  if (choice === 'required') return { type: 'any' }
  if (typeof choice === 'string') return { type: choice }
  return { type: 'tool', name: names.toWire(choice.toolName) }
}

class HistoryWriter {
  readonly #messages: readonly Message[]
  readonly #context: AnthropicWriterContext
  readonly #out: { readonly role: Message['role']; readonly content: Json[] }[] = []
  readonly #ids = new Set<string>()
  /** Ids of server tools whose result is in the history. */
  readonly #answered: ReadonlySet<Json | undefined>
  /** Where code of the model waits for a result; the server finds it only so. */
  container: string | undefined

  constructor(messages: readonly Message[], context: AnthropicWriterContext) {
    this.#messages = messages
    this.#context = context
    this.#answered = new Set(
      messages
        .flatMap((message) => ownStates(message, context))
        .map(({ state }) => fields(state)['tool_use_id']),
    )
  }

  write(): readonly Json[] {
    for (const message of this.#messages)
      if (message.role === 'user') this.#add('user', saidParts(message).map(userBlock))
      else this.#writeAssistant(message)
    const ends = this.#out.at(-1)?.role === 'assistant'
    if (ends && endsWithForeignAnswer(this.#messages, this.#context))
      this.#add('user', [{ type: 'text', text: goOn }])
    return this.#out
  }

  /** Turns of one role are one message, since results must stand first in the message after their calls. */
  #add(role: Message['role'], content: readonly Json[]): void {
    if (content.length === 0) return
    const last = this.#out.at(-1)
    if (last?.role === role) last.content.push(...content)
    else this.#out.push({ role, content: [...content] })
  }

  #writeAssistant(message: Message): void {
    const calls = message.parts.filter((part) => part.type === 'tool')
    const states = ownStates(message, this.#context)
    const callers = calls.map((part) => fields(callState(states, part)['caller'])['tool_id'])
    // A turn that paused goes on where the server's own tool was.
    const open = new Set([...this.#answered, ...callers])
    const paused = message === this.#messages.at(-1)
    const ids = new Map(calls.map((part) => [part, this.#callId(part)]))
    const content: JsonObject[] = []
    for (const part of message.parts)
      if (part.type === 'tool')
        content.push(this.#call(part, ids.get(part) ?? '', callState(states, part)))
      else if (part.type === 'provider-state') {
        if (states.includes(part)) addState(content, fields(part.state), paused ? undefined : open)
      } else addText(content, spokenText(part))
    this.#add('assistant', settled(content))
    this.#add(
      'user',
      calls.map((part) => resultBlock(part, ids.get(part) ?? '')),
    )
    const container = states.map(({ state }) => fields(state)['container']).find(isText)
    this.container = callers.some(isText) ? container : undefined
  }

  #call(part: ToolPart, id: string, state: JsonObject): JsonObject {
    const { toolName } = part
    const input = fields(parseJson(argumentsOf(part)))
    return { ...state, type: 'tool_use', id, name: this.#context.names.toWire(toolName), input }
  }

  /** Ids are used once in a request, and hold no dots or colons; the provider's own goes back as it was. */
  #callId({ toolCallId, providerToolCallId = toolCallId }: ToolPart): string {
    const given = safeId(providerToolCallId)
    const id = this.#ids.has(given) ? safeId(toolCallId) : given
    this.#ids.add(id)
    return id
  }
}

function safeId(id: string): string {
  return /^[a-zA-Z0-9_-]+$/.test(id) ? id : `toolu_${shortHash(id)}`
}

/** A blank text is refused. */
function addText(content: JsonObject[], text: string): void {
  if (!text.trim()) return
  content.push({ type: 'text', text })
}

function userBlock(part: TextPart | FilePart): JsonObject {
  return part.type === 'file' ? fileBlock(part) : { type: 'text', text: part.text }
}

/** Puts back a block as it came. `open` holds the server tools that may stand without a result. */
function addState(
  content: JsonObject[],
  block: JsonObject,
  open: ReadonlySet<Json | undefined> | undefined,
): void {
  const { type, text, id } = block
  if (type === 'text' && isText(text)) return addCited(content, block, text)
  // The server refuses a use of its tools that a crash left without a result.
  const dangles = isText(type) && type.endsWith('_tool_use') && open && !open.has(id)
  if (isText(type) && !dangles) content.push(block)
}

/** A text with its citations stands for the same text without. */
function addCited(content: JsonObject[], block: JsonObject, text: string): void {
  const last = content.at(-1)
  const said = last?.['type'] === 'text' ? last['text'] : undefined
  if (!isText(said) || !said.endsWith(text)) return
  content.pop()
  addText(content, said.slice(0, said.length - text.length))
  content.push(block)
}

/** Thinking that nothing followed, as after a crash, is refused at the end. */
function settled(content: readonly JsonObject[]): readonly JsonObject[] {
  const end = content.findLastIndex(({ type }) => !isText(type) || !type.endsWith('thinking'))
  return content.slice(0, end + 1)
}
