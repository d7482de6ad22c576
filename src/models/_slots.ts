import { type Json, type JsonObject, isObject } from '../base/index.ts'
import type { ModelEvent } from '../ports/index.ts'
import { JsonNesting, readInputText } from './_input-text.ts'
import type { Foreign } from './_json.ts'
import { protocolError } from './_model-error.ts'

/**
 * How a call or turn ended: `whole` as the model meant it, `cut` by a limit or an unreadable event, `lost`
 * by a stream that stopped or failed before the model said that it was done.
 */
export type Ending = 'whole' | 'cut' | 'lost'

/** What the slots need of their adapter. */
export interface SlotHost {
  emit(event: ModelEvent): void
  /** A new id for a call to which the server gave none, or one that another call of the answer has. */
  mintId(): string
  /** The tool that the model means by a name on the wire. */
  toolName(wireName: string): string
  readonly format: string
}

const maxCalls = 256
const maxInputChars = 4 * 1024 * 1024
/** Of all calls of an answer together, with what goes back with them. */
const maxHeldInAllChars = 16 * 1024 * 1024
/** What would make a name longer is not kept: no tool is called so. */
const maxNameChars = 1024
/** Nobody pads an opening with more. */
const maxHeldChars = 256

/** Text that may turn out to be no input (`{}`, `null`), or an opening `{}` before the real object. */
const undecided = /^[ \t\n\r]*(?:\{[ \t\n\r]*\}?|n|nu|nul|null)?[ \t\n\r]*$/
const opening = /^[ \t\n\r]*(?:\{[ \t\n\r]*\}|null)[ \t\n\r]*(?=\{)/
const noInput = /^[ \t\n\r]*(?:\{[ \t\n\r]*\}|null)?[ \t\n\r]*$/

/**
 * The one state machine of streamed tool calls, for every format. A slot is found by its position in the
 * answer, never by the ids of the server. Input stays text until the end and is parsed once.
 */
export class ToolSlots {
  readonly #host: SlotHost
  readonly #slots: Slot[] = []
  readonly #latest = new Map<number | string, Slot>()
  readonly #ids = new Set<string>()
  #chars = 0
  #cut = false

  constructor(host: SlotHost) {
    this.#host = host
  }

  /** Whether any call was decoded. */
  get any(): boolean {
    return this.#ids.size > 0
  }

  /** Whether a call was cut. */
  get cut(): boolean {
    return this.#cut
  }

  /** The latest slot at `position`. */
  at(position: number | string): Slot | undefined {
    return this.#latest.get(position)
  }

  /** The slot with the server's `id`. */
  withId(id: Foreign): Slot | undefined {
    return this.#slots.find((slot) => slot.id !== '' && slot.id === id)
  }

  open(position: number | string): Slot {
    if (this.#slots.length === maxCalls) throw protocolError(`More than ${maxCalls} calls came.`)
    const slot = new Slot()
    this.#slots.push(slot)
    this.#latest.set(position, slot)
    return slot
  }

  /** Takes what names the call; what is empty, or came before, changes nothing. */
  identify(slot: Slot, id: Foreign, name: Foreign): void {
    const isFirstId = slot.id === '' && typeof id === 'string' && id !== ''
    if (isFirstId) slot.id = id
    if (typeof name !== 'string' || name === slot.name) return
    // Had it a name, and now comes another with an id, then nobody knows whose the input is.
    if (isFirstId && slot.name && name) {
      slot.garbled = true
      return
    }
    // A name may come in pieces, though nobody was seen to do it.
    if (!slot.begun && slot.name.length < maxNameChars) slot.name += name
    slot.name ||= name
  }

  /** Adds input as the server sent it: pieces of text, or a value that it parsed already. */
  input(slot: Slot, value: Foreign): void {
    if (value === undefined || value === null || value === '') return
    if (isObject(value) && Object.keys(value).length > 0) this.#set(slot, JSON.stringify(value))
    else this.#append(slot, typeof value === 'string' ? value : JSON.stringify(value))
    // A number among the pieces of a text: what it stands for, nobody knows.
    slot.garbled ||= typeof value !== 'string' && !isObject(value)
  }

  /**
   * Takes the whole input, where the server repeats it at the end: it counts over the pieces. Returns whether
   * it says anything.
   */
  complete(slot: Slot, text: string): boolean {
    const whole = text.replace(opening, '')
    if (slot.ended || noInput.test(whole)) return false
    slot.garbled = false
    if (whole.startsWith(slot.text)) this.#append(slot, whole.slice(slot.text.length))
    else {
      this.#grow(whole.length, whole.length)
      slot.text = whole
    }
    return true
  }

  /** Says at once that a call began, where its name never comes in pieces. */
  announce(slot: Slot): void {
    if (slot.name) this.#announce(slot)
  }

  /** Keeps what has to go back to the provider together with the call. */
  keep(slot: Slot, state: JsonObject): void {
    this.#grow(0, JSON.stringify(state).length)
    slot.state = Object.assign(slot.state ?? {}, state)
  }

  end(slot: Slot, ending: Ending): void {
    // A call without name and input is a phantom, as LM Studio sends.
    if (slot.ended || (!slot.name && !slot.text && slot.value === undefined)) return
    slot.ended = true
    const result = this.#settle(slot, ending)
    this.#say(slot, slot.flowing ? (slot.value ?? '') : result.inputText)
    const { toolCallId, toolName } = this.#announce(slot)
    this.#cut ||= result.problem === 'truncated'
    this.#host.emit({ type: 'tool-input-end', toolCallId, toolName, ...result })
    const { state } = slot
    if (state)
      this.#host.emit({ type: 'provider-state', format: this.#host.format, toolCallId, state })
  }

  endAll(ending: Ending): void {
    for (const slot of this.#slots) this.end(slot, ending)
  }

  #set(slot: Slot, value: string): void {
    this.#grow(value.length, value.length)
    slot.value = value
  }

  /** Makes room for an input of `length` characters, of which `added` are new. */
  #grow(length: number, added: number): void {
    this.#chars += added
    if (length > maxInputChars)
      throw protocolError(`The input of a call is longer than ${maxInputChars} characters.`)
    if (this.#chars > maxHeldInAllChars)
      throw protocolError(`The calls of an answer hold more than ${maxHeldInAllChars} characters.`)
  }

  #append(slot: Slot, piece: string): void {
    if (slot.ended) return
    this.#grow(slot.text.length + piece.length, piece.length)
    slot.text += piece
    slot.nesting.push(piece)
    if (slot.flowing) return this.#say(slot, piece)
    // Nothing is said while the beginning may have to be taken back.
    if (!slot.name || (slot.text.length < maxHeldChars && undecided.test(slot.text))) return
    slot.text = slot.text.replace(opening, '')
    slot.flowing = true
    this.#say(slot, slot.text)
  }

  #say(slot: Slot, delta: string): void {
    const { toolCallId } = this.#announce(slot)
    if (delta) this.#host.emit({ type: 'tool-input-delta', toolCallId, delta })
  }

  /** Says that a call began, and before it every call that came earlier and was held back. */
  #announce(slot: Slot): { readonly toolCallId: string; readonly toolName: string } {
    if (!slot.said) {
      const earlier = this.#slots.slice(0, this.#slots.indexOf(slot))
      for (const held of earlier) if (held.name && !held.said) this.#announce(held)
      const toolCallId = slot.id && !this.#ids.has(slot.id) ? slot.id : this.#host.mintId()
      this.#ids.add(toolCallId)
      slot.said = { toolCallId, toolName: this.#host.toolName(slot.name) }
      this.#host.emit({ type: 'tool-input-start', ...slot.said })
    }
    return slot.said
  }

  #settle(slot: Slot, ending: Ending): SettledInput {
    const blank = noInput.test(slot.text)
    const inputText =
      blank && slot.value !== undefined && !slot.flowing
        ? slot.value
        : slot.text + (slot.value ?? '')
    if (ending === 'lost') return { inputText, problem: 'truncated' }
    if (slot.garbled) return { inputText, problem: 'malformed' }
    if (blank && slot.value === undefined) return this.#settleBlank(slot, ending)
    const read = readInputText(inputText)
    return typeof read === 'string' ? { inputText, problem: read } : { inputText, input: read }
  }

  // Nothing at all is a call without arguments, unless the arguments were cut off: behind a `{}` that a
  // later call followed, nothing can have been.
  #settleBlank(slot: Slot, ending: Ending): SettledInput {
    const followed = slot.text.trim().startsWith('{') && slot !== this.#slots.at(-1)
    return ending === 'cut' && !followed
      ? { inputText: slot.text, problem: 'truncated' }
      : { inputText: slot.flowing ? slot.text : '{}', input: {} }
  }
}

type SettledInput = Pick<
  Extract<ModelEvent, { type: 'tool-input-end' }>,
  'inputText' | 'input' | 'problem'
>

/** One call as it arrives. The fields are for {@link ToolSlots}; decoders compare `id` and `name`. */
export class Slot {
  /** The server's, empty where none came. */
  id = ''
  name = ''
  text = ''
  readonly nesting: JsonNesting = new JsonNesting()
  /** The input where the server sent a value, as JSON. */
  value: string | undefined
  state: Record<string, Json> | undefined
  said: { readonly toolCallId: string; readonly toolName: string } | undefined
  /** Whether its name came again behind a whole input. */
  renamed = false
  /** Whether something came that fits no call: the input must not be used. */
  garbled = false
  flowing = false
  ended = false

  /** Whether any input came. */
  get begun(): boolean {
    return this.text !== '' || this.value !== undefined
  }

  /** Whether what came so far is a whole input; a bare `{}` may be the opening of one. */
  get isWhole(): boolean {
    if (this.value !== undefined) return true
    const { text } = this
    if (!text || !this.nesting.closed) return false
    return text.length > maxHeldChars || !noInput.test(text)
  }
}
