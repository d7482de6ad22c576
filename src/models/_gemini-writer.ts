import type { Json, JsonObject } from '../base/index.ts'
import type { ModelRequest } from '../ports/index.ts'
import type { FilePart, Message, ResultPart, TextPart, ToolPart } from '../protocol/index.ts'
import {
  type Reader,
  argumentsOf,
  callState,
  endsWithForeignAnswer,
  failureText,
  ownStates,
  spokenText,
} from './_history.ts'
import { fields, isText, join } from './_json.ts'
import type { ToolNames } from './_names.ts'
import { shownOutput } from './_result-parts.ts'
import { base64Of, goOn, saidParts } from './_said.ts'
import type { OfferedTool } from './_schema-tools.ts'

/** What a writer needs beside the request. */
export interface GeminiWriterContext extends Reader {
  readonly names: ToolNames
  readonly tools: readonly OfferedTool[]
  /** Whether tools are described in the older `parameters`. */
  readonly openApi: boolean
  /** Whether results carry images and files themselves, as since Gemini 3. */
  readonly nestedMedia: boolean
}

/**
 * Gemini 3 refuses a step whose first call has no signature. This value, documented for histories of other
 * models, passes.
 */
const noSignature = 'skip_thought_signature_validator'

/** Writes the body of a generateContent request. */
export function writeGeminiRequest(
  request: ModelRequest,
  context: GeminiWriterContext,
): JsonObject {
  const { system, toolChoice, temperature, maxOutputTokens } = request
  const { names, tools, openApi } = context
  const generationConfig = {
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
  }
  const body: JsonObject = {
    ...(system && { systemInstruction: { parts: [{ text: system }] } }),
    ...(tools.length > 0 && {
      tools: [
        { functionDeclarations: tools.map((tool) => join(writeTool(tool, openApi), tool.options)) },
      ],
    }),
    ...(tools.length > 0 && toolChoice && { toolConfig: writeChoice(toolChoice, names) }),
    contents: new HistoryWriter(context).write(request.messages),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
  }
  return join(body, request.providerOptions ?? {})
}

function writeTool(
  { wireName: name, description, schema }: OfferedTool,
  openApi: boolean,
): JsonObject {
  if (!openApi) return { name, description, parametersJsonSchema: schema }
  // An object without properties is refused there.
  const isEmpty = Object.keys(fields(schema['properties'])).length === 0
  return { name, description, ...(!isEmpty && { parameters: schema }) }
}

function writeChoice(choice: NonNullable<ModelRequest['toolChoice']>, names: ToolNames): Json {
  const modes = { auto: 'AUTO', none: 'NONE', required: 'ANY' } as const
  const functionCallingConfig =
    typeof choice === 'string'
      ? { mode: modes[choice] }
      : { mode: 'ANY', allowedFunctionNames: [names.toWire(choice.toolName)] }
  return { functionCallingConfig }
}

type Content = { readonly role: 'user' | 'model'; readonly parts: Json[] }

class HistoryWriter {
  readonly #context: GeminiWriterContext
  readonly #contents: Content[] = []

  constructor(context: GeminiWriterContext) {
    this.#context = context
  }

  write(messages: readonly Message[]): readonly Json[] {
    for (const message of messages)
      if (message.role === 'user') this.#push('user', saidParts(message).map(userPart))
      else this.#writeModel(message)
    const ends = this.#contents.at(-1)?.role === 'model'
    if (ends && endsWithForeignAnswer(messages, this.#context)) this.#push('user', [{ text: goOn }])
    return this.#contents
  }

  // A content without parts is refused, as are calls that another content of the model comes before.
  #push(role: Content['role'], parts: Json[]): void {
    const last = this.#contents.at(-1)
    if (parts.length === 0) return
    if (role === 'model' && last?.role === 'model') last.parts.push(...parts)
    else this.#contents.push({ role, parts })
  }

  #writeModel(message: Message): void {
    const calls = message.parts.filter((part) => part.type === 'tool')
    const states = ownStates(message, this.#context)
    const parts: JsonObject[] = []
    for (const part of message.parts)
      if (part.type === 'tool') parts.push(this.#call(part, callState(states, part)))
      else if (part.type !== 'provider-state') parts.push(...textParts(spokenText(part)))
      else if (states.includes(part) && part.toolCallId === undefined) echo(part.state, parts)
    sign(parts)
    this.#push('model', parts)
    const attached: Json[] = []
    this.#push(
      'user',
      calls.map((part) => this.#result(part, { id: callState(states, part)['id'], attached })),
    )
    this.#push('user', attached)
  }

  #call(part: ToolPart, { id, ...state }: JsonObject): JsonObject {
    const args: Json = JSON.parse(argumentsOf(part))
    const name = this.#context.names.toWire(part.toolName)
    return { functionCall: { ...(isText(id) && { id }), name, args }, ...state }
  }

  #result(
    part: ToolPart,
    { id, attached }: { readonly id: Json | undefined; readonly attached: Json[] },
  ): Json {
    const media: Json[] = []
    const response = this.#response(part, (item) => this.#attach(item, media, attached))
    const name = this.#context.names.toWire(part.toolName)
    const parts = media.length > 0 && { parts: media }
    return { functionResponse: { ...(isText(id) && { id }), name, response, ...parts } }
  }

  #response(part: ToolPart, attach: (item: MediaPart) => string): JsonObject {
    const shown = shownOutput(part)
    const key = part.state === 'output-available' ? 'output' : 'error'
    if (shown) return { [key]: joinOutput(shown, attach) }
    if (part.state !== 'output-available') return { error: failureText(part) }
    // What a tool gives is JSON, since it came over a wire or is about to be stored.
    return { output: (part.output ?? null) as Json }
  }

  /** Images go into the result or, before Gemini 3, after all of them: one among them breaks their count. */
  #attach({ mediaType, data }: MediaPart, media: Json[], attached: Json[]): string {
    const inline = { inlineData: { mimeType: mediaType, data } }
    if (this.#context.nestedMedia) return `[attachment ${media.push(inline)}: ${mediaType}]`
    const label = `[attachment ${attached.length / 2 + 1} of the tool results above: ${mediaType}]`
    attached.push({ text: label }, inline)
    return label.replace('above', 'in the content below')
  }
}

type MediaPart = Extract<ResultPart, { data: string }>

function joinOutput(items: readonly ResultPart[], attach: (item: MediaPart) => string): Json {
  const [only] = items
  if (only?.type === 'json' && items.length === 1) return only.value
  const texts = items.map((item) => {
    if (item.type === 'text') return item.text
    return item.type === 'json' ? JSON.stringify(item.value) : attach(item)
  })
  return texts.join('\n')
}

function textParts(text: string): readonly JsonObject[] {
  return text ? [{ text }] : []
}

/** Adds a part as it came; what it says was said as text, and is taken back from there. */
function echo(state: Json, parts: JsonObject[]): void {
  const part = fields(state)
  const { text = '', thought } = part
  const last = parts.at(-1)
  const before = last?.['text']
  // The part has to have something, though a signature alone comes without.
  const bare = Object.keys(part).every(
    (field) => field === 'thoughtSignature' || field === 'thought',
  )
  if (thought === true || !isText(text)) parts.push(bare ? { text: '', ...part } : part)
  else if (isText(before) && before.endsWith(text) && Object.keys(last ?? {}).length === 1) {
    parts.pop()
    parts.push(...textParts(before.slice(0, -text.length)), part)
  } else parts.push({ ...part, text: '' })
}

function sign(parts: JsonObject[]): void {
  const first = parts.findIndex((part) => part['functionCall'])
  const part = parts[first]
  if (part && !part['thoughtSignature']) parts[first] = { ...part, thoughtSignature: noSignature }
}

function userPart(part: TextPart | FilePart): JsonObject {
  if (part.type === 'text') return { text: part.text }
  const { mediaType, url } = part
  const data = base64Of(url)
  return data === undefined
    ? { fileData: { mimeType: mediaType, fileUri: url } }
    : { inlineData: { mimeType: mediaType, data } }
}
