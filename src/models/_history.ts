import { type JsonObject, isObject } from '../base/index.ts'
import type { Message, ProviderStatePart, ToolPart } from '../protocol/index.ts'
import { readInputText } from './_input-text.ts'
import { fields } from './_json.ts'
import { excerpt } from './_model-error.ts'

/** The model that a history is written for. */
export interface Reader {
  /** `Model.id` and `Model.format` of the adapter. */
  readonly modelId: string
  readonly format: string
}

/** Whether `message` may be by this model; one without a name is. */
export function isOwn({ metadata }: Message, { modelId }: Reader): boolean {
  return (metadata.model ?? modelId) === modelId
}

/** Whether a history ends with what another model said; no server takes that as the beginning of an answer. */
export function endsWithForeignAnswer(messages: readonly Message[], reader: Reader): boolean {
  const last = messages.at(-1)
  return last?.role === 'assistant' && !isOwn(last, reader)
}

/** The provider state in `message` that goes back: state of this format that this model wrote. */
export function ownStates(message: Message, reader: Reader): readonly ProviderStatePart[] {
  if (!isOwn(message, reader)) return []
  return message.parts
    .filter((part) => part.type === 'provider-state')
    .filter((part) => part.format === reader.format)
}

/** The state of one call. */
export function callState(states: readonly ProviderStatePart[], part: ToolPart): JsonObject {
  return stateOf(states, [part.providerToolCallId ?? part.toolCallId])
}

/** What stands in a message as text for models that take nothing else there. */
export function spokenText(part: Message['parts'][number]): string {
  if (part.type === 'text' || part.type === 'refusal') return part.text
  return part.type === 'file' ? `[${part.mediaType} "${part.filename ?? 'file'}"]` : ''
}

/** What goes back to the provider as it came, for one call or the whole message. */
export function stateOf(
  states: readonly ProviderStatePart[],
  ids: readonly (string | undefined)[],
): JsonObject {
  const own = states.filter((part) => ids.includes(part.toolCallId))
  return own.reduce<JsonObject>((all, part) => ({ ...all, ...fields(part.state) }), {})
}

/** Servers refuse arguments that are no JSON object, and would never take the history again. */
export function argumentsOf(part: ToolPart): string {
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

/** What the model reads in place of an output. */
export function failureText(part: ToolPart): string {
  const failure = failures[part.state]
  if (!failure) return `No result: the call has not finished (${part.state}).`
  const { inputText = '' } = part
  const unsent = inputText && argumentsOf(part) === '{}' && inputText.trim() !== '{}'
  const quote = unsent ? `\nThe input was: ${excerpt(inputText, 2000)}` : ''
  return `Error: ${part.errorText ?? part.approval?.reason ?? failure}${quote}`
}
