import type { World } from '../base/index.ts'
import type { FinishReason, ModelEvent } from '../ports/index.ts'
import type { ToolDescriptor } from '../protocol/index.ts'
import { TextCallWriter } from './_text-call-writer.ts'
import { type TextCallFamily, textGrammars } from './_text-families.ts'
import { bareName } from './_text-harmony.ts'
import { TextScanner } from './_text-scanner.ts'

type Finish = Extract<ModelEvent, { type: 'finish' }>
type NamedEvent = Extract<ModelEvent, { type: 'tool-input-start' | 'tool-input-end' }>

/** What the answer to one request is read with. */
export interface TextAnswerOptions {
  readonly families: readonly TextCallFamily[]
  readonly tools: readonly ToolDescriptor[]
  readonly world: World
}

/** An answer whose text may hold calls, event by event. */
export class TextAnswer {
  readonly #calls: TextCallWriter
  readonly #scanner: TextScanner
  readonly #namesHaveTokens: boolean
  #events: ModelEvent[] = []
  /** Whether the server decoded calls of this answer itself. */
  #decoded = false

  constructor({ families, tools, world }: TextAnswerOptions) {
    const emit = (event: ModelEvent): void => this.#emit(event)
    this.#calls = new TextCallWriter(tools, { world, emit })
    const grammars = families.flatMap((family) => textGrammars[family])
    this.#scanner = new TextScanner(grammars, this.#calls, emit)
    this.#namesHaveTokens = families.includes('gpt-oss')
  }

  push(event: ModelEvent): void {
    switch (event.type) {
      case 'text-delta':
        return this.#scanner.push(event.text)
      case 'tool-input-start':
      case 'tool-input-end':
        return this.#pass(this.#named(event))
      case 'finish':
        this.#settle(event.reason)
        return this.#emit({ ...event, reason: this.#reason(event) })
      // It belongs to a call or to the whole message, not to a place in the text.
      case 'provider-state':
        return this.#emit(event)
      case 'error':
        this.end()
        return this.#emit(event)
      default:
        return this.#pass(event)
    }
  }

  /** The answer broke off, if it is not over. */
  end(): void {
    this.#scanner.settle('cut', this.#decoded)
  }

  /** What the answer says since the last call. */
  take(): readonly ModelEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  #pass(event: ModelEvent): void {
    if (event.type === 'tool-input-start') {
      this.#decoded = true
      this.#calls.reserve(event.toolCallId)
    }
    this.#scanner.settle('interrupted', this.#decoded)
    this.#emit(event)
  }

  #settle(reason: FinishReason): void {
    const whole = reason === 'stop' || reason === 'tool-calls' || reason === 'other'
    this.#scanner.settle(whole ? 'whole' : 'cut', this.#decoded)
  }

  #reason({ reason }: Finish): FinishReason {
    if (reason === 'error' || reason === 'length' || reason === 'content-filter') return reason
    if (this.#calls.cut) return 'length'
    return this.#calls.count > 0 ? 'tool-calls' : reason
  }

  /** Servers leave tokens of gpt-oss on the names of calls that they decoded. */
  #named<T extends NamedEvent>(event: T): T {
    if (!this.#namesHaveTokens) return event
    const tool = this.#calls.find(event.toolName) ?? this.#calls.find(bareName(event.toolName))
    return tool ? { ...event, toolName: tool.name } : event
  }

  #emit(event: ModelEvent): void {
    const last = this.#events.at(-1)
    if (event.type === 'text-delta' && last?.type === 'text-delta')
      this.#events[this.#events.length - 1] = { ...last, text: last.text + event.text }
    else this.#events.push(event)
  }
}
