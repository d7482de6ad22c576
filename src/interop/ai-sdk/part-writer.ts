import type {
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import { parseJson } from '../../models/index.ts'
import type { ModelEvent } from '../../ports/index.ts'
import type { Usage } from '../../protocol/index.ts'
import { paused, refusal, stateKind, writeState } from './own-metadata.ts'

type EventOf<T extends ModelEvent['type']> = Extract<ModelEvent, { type: T }>
type ProviderState = EventOf<'provider-state'>

/** Writes what a model says as the stream parts of the AI SDK. */
export class PartWriter {
  readonly #modelId: string
  #parts: LanguageModelV4StreamPart[] = []
  #block: { readonly kind: 'text' | 'reasoning' | 'refusal'; readonly id: string } | undefined
  #blocks = 0
  /** A call whose state may follow. */
  #held: EventOf<'tool-input-end'> | undefined
  finished = false

  /** `modelId` is the id of the model that speaks. */
  constructor(modelId: string) {
    this.#modelId = modelId
  }

  take(): readonly LanguageModelV4StreamPart[] {
    const parts = this.#parts
    this.#parts = []
    return parts
  }

  push(event: ModelEvent): void {
    if (event.type === 'provider-state') return this.#keep(event)
    this.#writeCall()
    switch (event.type) {
      case 'text-delta':
        return this.#say('text', event.text)
      case 'reasoning-delta':
        return this.#say('reasoning', event.text)
      case 'refusal-delta':
        return this.#say('refusal', event.text)
      case 'tool-input-start':
        this.#close()
        return this.#emit({
          type: 'tool-input-start',
          id: event.toolCallId,
          toolName: event.toolName,
        })
      case 'tool-input-delta':
        return this.#emit({ type: 'tool-input-delta', id: event.toolCallId, delta: event.delta })
      case 'tool-input-end':
        this.#close()
        this.#held = event
        return this.#emit({ type: 'tool-input-end', id: event.toolCallId })
      case 'error':
        return this.#emit({ type: 'error', error: event.error })
      case 'finish':
        return this.#finish(event)
    }
  }

  #say(kind: 'text' | 'reasoning' | 'refusal', delta: string): void {
    if (delta === '') return
    if (this.#block?.kind !== kind) this.#open(kind)
    const { id } = this.#block ?? { id: '' }
    this.#emit({ type: kind === 'reasoning' ? 'reasoning-delta' : 'text-delta', id, delta })
  }

  #open(kind: 'text' | 'reasoning' | 'refusal'): void {
    this.#close()
    const id = `${this.#blocks++}`
    this.#block = { kind, id }
    if (kind === 'reasoning') this.#emit({ type: 'reasoning-start', id })
    else
      this.#emit({
        type: 'text-start',
        id,
        ...(kind === 'refusal' && { providerMetadata: refusal }),
      })
  }

  #close(): void {
    const block = this.#block
    this.#block = undefined
    if (block)
      this.#emit({ type: block.kind === 'reasoning' ? 'reasoning-end' : 'text-end', id: block.id })
  }

  /** The state of a call goes with the call, and any other stands where it came. */
  #keep(event: ProviderState): void {
    const isOfCall = this.#held !== undefined && event.toolCallId === this.#held.toolCallId
    const metadata = writeState({ model: this.#modelId, part: event })
    if (isOfCall) return this.#writeCall(metadata)
    this.#writeCall()
    this.#close()
    this.#emit({ type: 'custom', kind: stateKind, providerMetadata: metadata })
  }

  #writeCall(providerMetadata?: SharedV4ProviderMetadata): void {
    const call = this.#held
    this.#held = undefined
    // Whoever reads a text that is whole would run the call, though it was cut.
    if (!call || (call.problem === 'truncated' && readsAsWhole(call.inputText))) return
    const { toolCallId, toolName, inputText } = call
    this.#emit({
      type: 'tool-call',
      toolCallId,
      toolName,
      input: inputText,
      ...(providerMetadata && { providerMetadata }),
    })
  }

  #finish({ reason, rawReason, usage, ...finish }: EventOf<'finish'>): void {
    this.#close()
    this.finished = true
    this.#emit({
      type: 'finish',
      finishReason: { unified: reason, raw: rawReason ?? undefined },
      usage: usageOf(usage),
      ...(finish.paused && { providerMetadata: paused }),
    })
  }

  #emit(part: LanguageModelV4StreamPart): void {
    this.#parts.push(part)
  }
}

/** The AI SDK takes a blank text for a call without arguments. */
function readsAsWhole(text: string): boolean {
  return text.trim() === '' || parseJson(text) !== undefined
}

function usageOf(usage: Usage): LanguageModelV4Usage {
  const { inputTokens, outputTokens, reasoningTokens, cachedInputTokens } = usage
  return {
    inputTokens: {
      total: inputTokens,
      noCache: undefined,
      cacheRead: cachedInputTokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: outputTokens, text: undefined, reasoning: reasoningTokens },
    raw: { ...usage },
  }
}
