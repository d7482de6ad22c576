import type { JSONObject, SharedV4ProviderMetadata } from '@ai-sdk/provider'
import { type Json, isObject } from '../../base/index.ts'
import type { ProviderStatePart } from '../../protocol/index.ts'

/**
 * What is ours in the AI SDK's provider metadata, which it keeps with the message and gives back as provider
 * options. All of it stands under `toolwire`, where no other provider looks.
 */
type OwnMetadata = SharedV4ProviderMetadata | undefined

/** Marks a text as a refusal, which the AI SDK has no name for. */
export const refusal: SharedV4ProviderMetadata = { toolwire: { refusal: true } }

/** Marks an answer as paused. */
export const paused: SharedV4ProviderMetadata = { toolwire: { paused: true } }

export function isRefusal(metadata: OwnMetadata): boolean {
  return own(metadata)['refusal'] === true
}

export function isPaused(metadata: OwnMetadata): boolean {
  return own(metadata)['paused'] === true
}

/** The kind of the content parts that carry provider state. */
export const stateKind = 'toolwire.provider-state'

/** State of a provider on its way through the AI SDK, and the id of the model that wrote it. */
export interface CarriedState {
  readonly model: string
  readonly part: ProviderStatePart
}

export function writeState({ model, part }: CarriedState): SharedV4ProviderMetadata {
  const { format, toolCallId, state } = part
  return {
    toolwire: {
      model,
      format,
      ...(toolCallId !== undefined && { toolCallId }),
      // As text, since a database on the way may sort the fields of JSON.
      state: JSON.stringify(state),
    },
  }
}

/** Reads what {@link writeState} wrote; nothing where it is something else. */
export function readState(metadata: OwnMetadata): CarriedState | undefined {
  const { model, format, toolCallId, state } = own(metadata)
  if (typeof model !== 'string' || typeof format !== 'string' || typeof state !== 'string')
    return undefined
  try {
    const value: Json = JSON.parse(state)
    const ofCall = typeof toolCallId === 'string' && { toolCallId }
    return { model, part: { type: 'provider-state', format, ...ofCall, state: value } }
  } catch {
    return undefined
  }
}

// It was in the hands of the host and perhaps of a browser, so it may be anything.
function own(metadata: OwnMetadata): JSONObject {
  const found: unknown = metadata?.['toolwire']
  return isObject(found) ? (found as JSONObject) : {}
}
