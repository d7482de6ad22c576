import type {
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolCallPart,
  SharedV4Warning,
} from '@ai-sdk/provider'
import type { Message, MessagePart, ToolPart } from '../../protocol/index.ts'
import type { AssistantPart } from './block-state.ts'
import { urlOf } from './file-data.ts'
import { type CarriedState, isRefusal, readState, stateKind } from './own-metadata.ts'
import { type ResultOutput, outcomeOf } from './read-result.ts'

type MessageOf<R extends LanguageModelV4Message['role']> = Extract<
  LanguageModelV4Message,
  { role: R }
>

/** Reads a prompt of the AI SDK as a history. */
export class PromptReader {
  /** The results of each id in order, since an id may come again in another answer. */
  readonly #results = new Map<string, ResultOutput[]>()
  readonly #leftOut = new Set<string>()

  /** What was left out or moved. */
  get warnings(): SharedV4Warning[] {
    return [...this.#leftOut].map((feature) => ({ type: 'unsupported', feature }))
  }

  read(prompt: LanguageModelV4Prompt): {
    readonly system: string | undefined
    readonly messages: readonly Message[]
  } {
    const systems = prompt.filter((message) => message.role === 'system')
    if (prompt.slice(systems.length).some(({ role }) => role === 'system'))
      this.#leftOut.add('the place of a system message: all of them come first')
    for (const message of prompt) if (message.role === 'tool') this.#readResults(message)
    return {
      system: systems.length > 0 ? systems.map(({ content }) => content).join('\n\n') : undefined,
      messages: prompt.flatMap((message, at) => {
        if (message.role === 'user') return [this.#user(message, at)]
        return message.role === 'assistant' ? [this.#assistant(message, at)] : []
      }),
    }
  }

  #readResults({ content }: MessageOf<'tool'>): void {
    for (const part of content)
      if (part.type === 'tool-result') {
        const { toolCallId, output } = part
        this.#results.set(toolCallId, [...(this.#results.get(toolCallId) ?? []), output])
      }
  }

  #user({ content }: MessageOf<'user'>, at: number): Message {
    return {
      id: `message-${at}`,
      role: 'user',
      parts: content.flatMap((part) => this.#userPart(part)),
      metadata: {},
    }
  }

  #userPart(part: LanguageModelV4TextPart | LanguageModelV4FilePart): MessagePart[] {
    if (part.type === 'text') return part.text ? [{ type: 'text', text: part.text }] : []
    const { data, mediaType } = part
    if (data.type === 'text') return [{ type: 'text', text: data.text }]
    const url = urlOf(data, mediaType)
    if (url === undefined) this.#leftOut.add('a file that only one provider has')
    return url === undefined ? [] : [filePart(url, part)]
  }

  #assistant({ content }: MessageOf<'assistant'>, at: number): Message {
    const states = content.map(stateOf)
    const model = states.find((state) => state !== undefined)?.model
    return {
      id: `message-${at}`,
      role: 'assistant',
      parts: content.flatMap((part, index) => {
        const state = states[index]
        // One message is by one model; state of another would be given to the wrong one.
        const own = state?.model === model ? state : undefined
        return this.#assistantPart(part, own)
      }),
      metadata: model === undefined ? {} : { model },
    }
  }

  #assistantPart(part: AssistantPart, state: CarriedState | undefined): MessagePart[] {
    const { type } = part
    if (type === 'text') return part.text ? [textPart(part)] : []
    if (type === 'reasoning') return [{ type, text: part.text }]
    if (type === 'tool-call' && !part.providerExecuted) return this.#call(part, state)
    if (type === 'custom' && part.kind === stateKind) return state ? [state.part] : []
    const url = type === 'file' ? urlOf(part.data, part.mediaType) : undefined
    if (type === 'file' && url !== undefined) return [filePart(url, part)]
    this.#leftOut.add(`what another provider did or made itself (${type})`)
    return []
  }

  #call(
    { toolCallId, toolName, input }: LanguageModelV4ToolCallPart,
    state: CarriedState | undefined,
  ): MessagePart[] {
    const output = this.#results.get(toolCallId)?.shift()
    const call: ToolPart = {
      type: 'tool',
      toolCallId,
      toolName,
      ...(typeof input === 'string' ? { inputText: input } : { input }),
      ...(output ? outcomeOf(output) : { state: 'outcome-unknown' }),
      timings: {},
    }
    return state ? [call, { ...state.part, toolCallId }] : [call]
  }
}

function stateOf(part: AssistantPart): CarriedState | undefined {
  return part.type === 'custom' || part.type === 'tool-call'
    ? readState(part.providerOptions)
    : undefined
}

function textPart({ text, providerOptions }: LanguageModelV4TextPart): MessagePart {
  return { type: isRefusal(providerOptions) ? 'refusal' : 'text', text }
}

function filePart(url: string, { mediaType, filename }: LanguageModelV4FilePart): MessagePart {
  // A `data:` URL says the type in full.
  const known = /^data:([^;,]+)/.exec(url)?.[1] ?? mediaType
  return { type: 'file', mediaType: known, url, ...(filename !== undefined && { filename }) }
}
