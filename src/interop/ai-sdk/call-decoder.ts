import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { type Ending, type Slot, ToolSlots } from '../../models/index.ts'
import type { ModelEvent } from '../../ports/index.ts'
import { callState, partState } from './block-state.ts'

type Part<T extends LanguageModelV4StreamPart['type']> = Extract<
  LanguageModelV4StreamPart,
  { type: T }
>

/** What the calls of an answer need of who reads it. */
export interface CallHost {
  readonly format: string
  emit(event: ModelEvent): void
  mintId(): string
  toolName(wireName: string): string
  /** Whether the model was offered a tool of this name; what it calls otherwise may be the provider's. */
  isOffered(toolName: string): boolean
}

/**
 * The calls of one answer. A `tool-call` part is what counts; the parts before it only show the input as it
 * grows. A call without one was cut, and one ends when something follows it, since only then it is known
 * that an input without content is no input that was cut.
 */
export class CallDecoder {
  readonly #host: CallHost
  readonly #slots: ToolSlots
  /** What began under the name of no tool of ours: it may turn out to be run by the provider. */
  readonly #foreign = new Map<string, { readonly name: string; text: string }>()
  /** Slots whose `tool-call` came. */
  readonly #called = new Set<Slot>()
  #held: Slot | undefined

  constructor(host: CallHost) {
    this.#host = host
    this.#slots = new ToolSlots(host)
  }

  get any(): boolean {
    return this.#slots.any
  }

  get cut(): boolean {
    return this.#slots.cut
  }

  read(part: Part<'tool-input-start' | 'tool-input-delta' | 'tool-call'>): void {
    this.follow()
    if (part.type === 'tool-input-start') this.#start(part)
    else if (part.type === 'tool-input-delta') this.#delta(part)
    else if (part.providerExecuted) this.#keep(part)
    else this.#call(part)
  }

  /** Something else came: the call before it was not cut. */
  follow(): void {
    if (this.#held) this.#slots.end(this.#held, 'whole')
    this.#held = undefined
  }

  end(ending: Ending): void {
    if (this.#held) this.#slots.end(this.#held, ending)
    const foreign = [...this.#foreign]
    // Where there are too many, this is called again for the failure.
    this.#foreign.clear()
    for (const [id, { name, text }] of foreign) this.#slots.input(this.#open(id, name), text)
    this.#slots.endAll('lost')
  }

  #start({ id, toolName, providerExecuted }: Part<'tool-input-start'>): void {
    if (providerExecuted) return
    if (this.#host.isOffered(this.#host.toolName(toolName))) this.#open(id, toolName)
    else this.#foreign.set(id, { name: toolName, text: '' })
  }

  #delta({ id, delta }: Part<'tool-input-delta'>): void {
    const foreign = this.#foreign.get(id)
    const slot = this.#slots.at(id)
    if (foreign) foreign.text += delta
    else if (slot && !this.#called.has(slot)) this.#slots.input(slot, delta)
  }

  #call({ toolCallId, toolName, input, providerMetadata }: Part<'tool-call'>): void {
    this.#foreign.delete(toolCallId)
    const begun = this.#slots.at(toolCallId)
    const slot = begun && !this.#called.has(begun) ? begun : this.#open(toolCallId, toolName)
    // Against the types, some providers give the input as a value.
    if (typeof input === 'string') this.#slots.complete(slot, input)
    else this.#slots.input(slot, input)
    if (providerMetadata) this.#slots.keep(slot, callState(providerMetadata))
    this.#called.add(slot)
    this.#held = slot
  }

  #keep(part: Part<'tool-call'>): void {
    this.#foreign.delete(part.toolCallId)
    this.#host.emit({ type: 'provider-state', format: this.#host.format, state: partState(part) })
  }

  #open(id: string, toolName: string): Slot {
    const slot = this.#slots.open(id)
    this.#slots.identify(slot, id, toolName)
    this.#slots.announce(slot)
    return slot
  }
}
