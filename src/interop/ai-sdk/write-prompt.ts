import type {
  LanguageModelV4FilePart,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
} from '@ai-sdk/provider'
import {
  type ToolNames,
  argumentsOf,
  callState,
  isOwn,
  ownStates,
  parseJson,
  spokenText,
} from '../../models/index.ts'
import type { ModelRequest } from '../../ports/index.ts'
import type { Message, MessagePart, ProviderStatePart, ToolPart } from '../../protocol/index.ts'
import { type AssistantPart, optionsOf, partOf } from './block-state.ts'
import { EchoedContent } from './echo.ts'
import { fileDataOf } from './file-data.ts'
import { refusal } from './own-metadata.ts'
import { resultOutput } from './write-result.ts'

/** What a writer needs beside the request. */
export interface PromptContext {
  /** `Model.id` and `Model.format` of the model that the prompt is for. */
  readonly modelId: string
  readonly format: string
  readonly names: ToolNames
}

/** Writes a history as a prompt of the AI SDK. */
export class PromptWriter {
  readonly #context: PromptContext
  readonly #messages: readonly Message[]
  readonly #prompt: LanguageModelV4Prompt = []
  readonly #ids = new Set<string>()
  /** Ids of the provider's own calls whose result is in the history. */
  readonly #answered: ReadonlySet<string>

  constructor(messages: readonly Message[], context: PromptContext) {
    this.#messages = messages
    this.#context = context
    this.#answered = new Set(
      messages
        .flatMap((message) => ownStates(message, context))
        .map(({ state }) => partOf(state))
        .map((part) => (part?.type === 'tool-result' ? part.toolCallId : '')),
    )
  }

  write(system: ModelRequest['system']): LanguageModelV4Prompt {
    if (system) this.#prompt.push({ role: 'system', content: system })
    for (const message of this.#messages)
      if (message.role === 'user') this.#writeUser(message)
      else this.#writeAssistant(message)
    return this.#prompt
  }

  #writeUser({ parts }: Message): void {
    const content = parts.flatMap(userPart)
    if (content.length > 0) this.#prompt.push({ role: 'user', content })
  }

  #writeAssistant(message: Message): void {
    const calls = message.parts.filter((part) => part.type === 'tool')
    const ids = new Map(calls.map((part) => [part, this.#callId(part)]))
    const content = this.#content(message, (part) => ids.get(part) ?? '')
    // A turn that said nothing, as after an error, is no message that servers accept.
    if (content.length > 0) this.#prompt.push({ role: 'assistant', content })
    if (calls.length > 0)
      this.#prompt.push({
        role: 'tool',
        content: calls.map((part) => ({
          type: 'tool-result',
          toolCallId: ids.get(part) ?? '',
          toolName: this.#context.names.toWire(part.toolName),
          output: resultOutput(part),
        })),
      })
  }

  #content(message: Message, idOf: (part: ToolPart) => string): AssistantPart[] {
    const states = ownStates(message, this.#context)
    const content = new EchoedContent()
    for (const part of message.parts.toReversed())
      if (part.type === 'tool') content.part(this.#call(part, idOf(part), states))
      else if (part.type === 'provider-state') {
        if (states.includes(part)) this.#echo(part, content, message)
      } else if (part.type === 'refusal')
        content.part({ type: 'text', text: part.text, providerOptions: refusal })
      else if (part.type !== 'reasoning') content.shown('text', spokenText(part))
      else if (isOwn(message, this.#context)) content.shown('reasoning', part.text)
    return content.take()
  }

  #echo({ state }: ProviderStatePart, content: EchoedContent, message: Message): void {
    const part = partOf(state)
    if (part?.type === 'text' || part?.type === 'reasoning') content.block(part)
    else if (part && !this.#dangles(part, message)) content.part(part)
  }

  /** Servers refuse a call of their own that a crash left without a result; one that goes on may wait for it. */
  #dangles(part: AssistantPart, message: Message): boolean {
    return (
      part.type === 'tool-call' &&
      !this.#answered.has(part.toolCallId) &&
      message !== this.#messages.at(-1)
    )
  }

  #call(part: ToolPart, toolCallId: string, states: readonly ProviderStatePart[]): AssistantPart {
    const providerOptions = optionsOf(callState(states, part))
    return {
      type: 'tool-call',
      toolCallId,
      toolName: this.#context.names.toWire(part.toolName),
      input: parseJson(argumentsOf(part)),
      ...(providerOptions && { providerOptions }),
    }
  }

  /** Ids are used once in a prompt; the provider's own goes back as it was. */
  #callId({ toolCallId, providerToolCallId = toolCallId }: ToolPart): string {
    const id = this.#ids.has(providerToolCallId) ? toolCallId : providerToolCallId
    this.#ids.add(id)
    return id
  }
}

function userPart(
  part: MessagePart,
): readonly (LanguageModelV4TextPart | LanguageModelV4FilePart)[] {
  const data = part.type === 'file' ? fileDataOf(part.url) : undefined
  if (part.type === 'file' && data) {
    const { mediaType, filename } = part
    return [{ type: 'file', mediaType, data, ...(filename !== undefined && { filename }) }]
  }
  const text = spokenText(part)
  return text ? [{ type: 'text', text }] : []
}
