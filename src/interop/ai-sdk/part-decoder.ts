import type {
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
  SharedV4Warning,
} from '@ai-sdk/provider'
import type { Json, ToolwireError } from '../../base/index.ts'
import { type Ending, providerError } from '../../models/index.ts'
import type { FinishReason, ModelEvent } from '../../ports/index.ts'
import type { Usage } from '../../protocol/index.ts'
import { blockState, partState } from './block-state.ts'
import { CallDecoder, type CallHost } from './call-decoder.ts'
import { endedEarly, reportedFailure } from './failures.ts'
import { isPaused, isRefusal } from './own-metadata.ts'

type Part<T extends LanguageModelV4StreamPart['type']> = Extract<
  LanguageModelV4StreamPart,
  { type: T }
>

/** What decoding depends on. */
export interface DecoderContext extends Omit<CallHost, 'emit'> {
  onWarning(warning: SharedV4Warning): void
}

interface Block {
  readonly type: 'text' | 'reasoning'
  text: string
  metadata: SharedV4ProviderMetadata | undefined
}

/** Turns the parts of one answer into what the model says. */
export class PartDecoder {
  readonly #context: DecoderContext
  readonly #calls: CallDecoder
  readonly #blocks = new Map<string, Block>()
  #events: ModelEvent[] = []
  #error: ToolwireError | undefined
  #finish: Part<'finish'> | undefined

  constructor(context: DecoderContext) {
    this.#context = context
    this.#calls = new CallDecoder({ ...context, emit: (event) => this.#events.push(event) })
  }

  /** Whether the model said that it was done. */
  get done(): boolean {
    return this.#finish !== undefined
  }

  take(): readonly ModelEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  push(part: LanguageModelV4StreamPart): void {
    if (isBlockPart(part)) return this.#readBlock(part)
    switch (part.type) {
      case 'tool-input-start':
      case 'tool-input-delta':
      case 'tool-call':
        return this.#calls.read(part)
      case 'custom':
      case 'file':
      case 'reasoning-file':
      case 'tool-result':
        return this.#keep(part)
      case 'error':
        this.#error ??= reportedFailure(part.error)
        return
      case 'finish':
        this.#finish = part
        return
      default:
        return this.#warn(part)
    }
  }

  /** The answer is over, or broke with `failure`. */
  end(failure?: ToolwireError): void {
    const { finishReason, usage } = this.#finish ?? noFinish
    const error = this.#error ?? failure ?? failureOf(finishReason)
    // An error may have swallowed a piece of anything.
    const ending = endingOf(finishReason)
    this.#calls.end(error && ending === 'whole' ? 'cut' : ending)
    if (error) this.#events.push({ type: 'error', error })
    this.#events.push({
      type: 'finish',
      reason: error ? 'error' : this.#reason(finishReason.unified),
      rawReason: finishReason.raw ?? null,
      usage: usageOf(usage),
      ...(this.#paused && { paused: true }),
    })
  }

  // Anthropic's name for it comes through as the raw reason; the AI SDK has none.
  get #paused(): boolean {
    const { finishReason, providerMetadata } = this.#finish ?? {}
    return finishReason?.raw === 'pause_turn' || isPaused(providerMetadata)
  }

  #readBlock(part: BlockPart): void {
    const type = part.type.startsWith('text') ? 'text' : 'reasoning'
    const key = `${type} ${part.id}`
    const block = this.#blocks.get(key) ?? { type, text: '', metadata: undefined }
    // As in the AI SDK, what comes later is all of it.
    block.metadata = part.providerMetadata ?? block.metadata
    this.#blocks.set(key, block)
    if ('delta' in part) this.#say(block, part.delta)
    if (!part.type.endsWith('-end')) return
    this.#blocks.delete(key)
    if (block.metadata && !isRefusal(block.metadata))
      this.#emitState(blockState(type, block.text, block.metadata))
  }

  #say(block: Block, text: string): void {
    if (text === '') return
    this.#calls.follow()
    block.text += text
    const type = block.type === 'text' && isRefusal(block.metadata) ? 'refusal' : block.type
    this.#events.push({ type: `${type}-delta`, text })
  }

  // All else says nothing, or something to people alone: metadata, sources, raw chunks.
  #warn(part: LanguageModelV4StreamPart): void {
    if (part.type === 'stream-start')
      for (const warning of part.warnings) this.#context.onWarning(warning)
    if (part.type === 'tool-approval-request')
      this.#context.onWarning({
        type: 'unsupported',
        feature: 'approval of what the provider runs',
      })
  }

  #keep(part: Part<'custom' | 'file' | 'reasoning-file' | 'tool-result'>): void {
    this.#calls.follow()
    // Another result of the same call replaces it.
    if (part.type === 'tool-result' && part.preliminary) return
    this.#emitState(partState(part))
  }

  #emitState(state: Json): void {
    this.#events.push({ type: 'provider-state', format: this.#context.format, state })
  }

  // No provider's reason proves that there are calls, or that there are none: what was decoded decides.
  #reason(unified: LanguageModelV4FinishReason['unified']): FinishReason {
    if (unified === 'length' || unified === 'content-filter') return unified
    if (this.#calls.cut) return 'length'
    if (this.#calls.any) return 'tool-calls'
    return unified === 'other' ? unified : 'stop'
  }
}

type BlockPart = Part<`${'text' | 'reasoning'}-${'start' | 'delta' | 'end'}`>

function isBlockPart(part: LanguageModelV4StreamPart): part is BlockPart {
  return /^(text|reasoning)-(start|delta|end)$/.test(part.type)
}

/** A stream that stopped. */
const noFinish: Pick<Part<'finish'>, 'finishReason' | 'usage'> = {
  finishReason: { unified: 'interrupted', raw: undefined },
  usage: {
    inputTokens: {
      total: undefined,
      noCache: undefined,
      cacheRead: undefined,
      cacheWrite: undefined,
    },
    outputTokens: { total: undefined, text: undefined, reasoning: undefined },
  },
}

function endingOf({ unified }: LanguageModelV4FinishReason): Ending {
  if (unified === 'interrupted') return 'lost'
  return unified === 'stop' || unified === 'tool-calls' || unified === 'other' ? 'whole' : 'cut'
}

function failureOf({ unified, raw }: LanguageModelV4FinishReason): ToolwireError | undefined {
  if (unified === 'interrupted') return endedEarly()
  if (unified !== 'error') return undefined
  const message = `the answer ended with an error${raw ? ` (${raw})` : ''}`
  return providerError({ message, code: raw, failedGeneration: undefined })
}

function usageOf({ inputTokens, outputTokens, raw }: LanguageModelV4Usage): Usage {
  const counts = {
    inputTokens: inputTokens.total,
    outputTokens: outputTokens.total,
    totalTokens: raw?.['totalTokens'] ?? sum(inputTokens.total, outputTokens.total),
    reasoningTokens: outputTokens.reasoning,
    cachedInputTokens: inputTokens.cacheRead,
  }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => typeof count === 'number'))
}

// In the AI SDK the total of each side includes all that counts to it.
function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b
}
