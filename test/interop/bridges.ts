// Every adapter behind a fetch that gives the same bytes again, and what a bridge has to leave as it is.
import type { Model, ModelEvent } from '../../src/ports/index.ts'
import { anthropic } from '../../src/models/anthropic.ts'
import { cohere } from '../../src/models/cohere.ts'
import { gemini } from '../../src/models/gemini.ts'
import { ollama } from '../../src/models/ollama.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import { fromLanguageModel, toLanguageModel } from '../../src/interop/ai-sdk.ts'
import { virtualClock } from '../../src/testing/index.ts'

type Fetch = typeof globalThis.fetch

const retry = { attempts: 1 }

/** Each wire format's adapter. Minted ids are the same in every run. */
export const adapters: Readonly<Record<string, (fetch: Fetch) => Model>> = {
  // A server that takes ids of any form: that a call is the model's own is not known on the way back.
  'openai-chat': (fetch) =>
    openaiChat({ model: 'm', fetch, retry, flavor: {}, world: virtualClock() }),
  'openai-responses': (fetch) =>
    openaiResponses({ model: 'm', fetch, retry, world: virtualClock() }),
  anthropic: (fetch) => anthropic({ model: 'm', fetch, retry, world: virtualClock() }),
  gemini: (fetch) => gemini({ model: 'gemini-3-pro', fetch, retry, world: virtualClock() }),
  ollama: (fetch) => ollama({ model: 'm', fetch, retry, world: virtualClock() }),
  'cohere-v2': (fetch) => cohere({ model: 'm', fetch, retry, world: virtualClock() }),
}

/** A model of ours, as it looks when it comes back from the AI SDK. */
export function thereAndBack(model: Model): Model {
  return fromLanguageModel(toLanguageModel(model), { retry, world: virtualClock() })
}

/**
 * What the bridge may change: provider state comes wrapped, and a total is counted where none was sent.
 * Deltas of one call that came apart may come together.
 */
export function unbridged(events: readonly ModelEvent[]): readonly unknown[] {
  return events.map((event) => {
    if (event.type === 'provider-state') return unwrapped(event)
    if (event.type === 'finish') return { ...event, usage: { ...event.usage, totalTokens: 0 } }
    return event.type === 'error' ? { type: 'error', message: event.error.message } : event
  })
}

interface Wrapped {
  readonly providerOptions: {
    readonly toolwire: {
      readonly format: string
      readonly toolCallId?: string
      readonly state: string
    }
  }
}

type StateEvent = Extract<ModelEvent, { type: 'provider-state' }>

function unwrapped(event: StateEvent): StateEvent {
  if (event.format !== 'ai-sdk') return event
  const { format, toolCallId, state } = (event.state as unknown as Wrapped).providerOptions.toolwire
  return {
    type: 'provider-state',
    format,
    ...(toolCallId !== undefined && { toolCallId }),
    state: JSON.parse(state),
  }
}
