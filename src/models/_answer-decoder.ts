import type { Json, JsonObject } from '../base/index.ts'
import type { FinishReason, ModelEvent } from '../ports/index.ts'
import type { Usage } from '../protocol/index.ts'
import type { DialectContext } from './_adapter.ts'
import { AnswerSize } from './_answer-size.ts'
import { type Foreign, isText } from './_json.ts'
import { ModelError, protocolError, toModelError } from './_model-error.ts'
import { type Ending, ToolSlots } from './_slots.ts'
import { type WireEvent, doneMark } from './_sse.ts'
import type { StreamDecoder } from './_stream.ts'
import { foreignDocument, reportedError, wireObject } from './_wire-object.ts'

/** What a reason to finish means; an error where the answer is no answer. */
export type Verdict = FinishReason | ModelError

/** What a model says that is no call. */
export type Saying = Extract<ModelEvent, { text: string }>['type']

/** Decoding as far as it is the same for every format whose events are JSON objects. */
export abstract class AnswerDecoder implements StreamDecoder {
  protected readonly slots: ToolSlots
  /** The last reason that came. */
  protected rawReason: string | null = null
  /**
   * Whether the model said that it was done, with or without a reason. A call that goes on behind that had not
   * ended: only an end behind it says that it is whole.
   */
  protected done = false
  /** What the provider reported where reading went on. */
  protected failure: ModelError | undefined
  protected usage: Usage = {}
  /** What events keep beside what they say is counted where they do. */
  protected readonly size: AnswerSize = new AnswerSize()
  readonly #format: string
  readonly #state: Record<string, string> = {}
  #events: ModelEvent[] = []
  #seen = false
  #unreadable = false

  constructor(context: DialectContext) {
    this.#format = context.format
    this.slots = new ToolSlots({
      format: context.format,
      mintId: () => context.mintId(),
      toolName: (wireName) => context.toolName(wireName),
      emit: (event) => this.emit(event),
    })
  }

  /** Reads one event; returns whether it belongs to the format. */
  protected abstract read(chunk: JsonObject, event: WireEvent): boolean

  /** What `reason` means; asked once, at the end. */
  protected abstract judge(reason: string | null): Verdict

  /**
   * Takes the failure that the provider reports. Nothing is read after it, unless the model was done: then
   * what comes tells whether it was.
   */
  protected refuse(error: ModelError): void {
    if (!this.done) throw error
    this.failure ??= error
  }

  push(event: WireEvent): void {
    if (event.data === doneMark) return
    const chunk = this.#parse(event)
    if (!chunk) return
    const { done } = this
    const known = this.read(chunk, event)
    const error = reportedError(chunk, event)
    if (error) {
      // What reports a failure does not say that the model was done.
      this.done &&= done
      return this.refuse(error)
    }
    if (event.document && !known) throw foreignDocument(chunk, event.data)
    this.#seen ||= known
  }

  end(): void {
    if (this.done) return this.#finish(this.failure)
    this.fail(
      protocolError(
        this.#seen
          ? 'The answer stopped before the model was done.'
          : `The answer holds no event of the format "${this.#format}".`,
      ),
    )
  }

  fail(error: ModelError): void {
    // A connection may break as it likes once the model has said that it is done.
    const isLate = error.code === 'MODEL_NETWORK' && this.done
    this.#finish(this.failure ?? (isLate ? undefined : error))
  }

  take(): readonly ModelEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  #parse(event: WireEvent): JsonObject | undefined {
    try {
      return wireObject(event)
    } catch (error) {
      // What cannot be read takes nothing from the calls before it; a provider that says it failed does.
      this.#unreadable = error instanceof ModelError && error.code === 'MODEL_PROTOCOL'
      throw error
    }
  }

  protected emit(event: ModelEvent): void {
    this.#events.push(event)
  }

  protected text(type: Saying, text: Foreign): void {
    if (!isText(text)) return
    this.size.add(text.length)
    this.emit({ type, text })
  }

  /** Collects text that goes back to the provider with the message. */
  protected keepText(field: string, text: Foreign): void {
    if (isText(text)) this.#state[field] = (this.#state[field] ?? '') + text
  }

  protected emitState(state: Json): void {
    this.size.add(JSON.stringify(state).length)
    this.emit({ type: 'provider-state', format: this.#format, state })
  }

  /** Called once before the calls end. */
  protected beforeEnd(_ending: Ending): void {}

  #finish(failure?: ModelError): void {
    const verdict = this.judge(this.rawReason)
    const broken = this.#close(this.#ending(verdict))
    const error = failure ?? (verdict instanceof ModelError ? verdict : broken)
    // It was counted as it was said.
    if (Object.keys(this.#state).length > 0)
      this.emit({ type: 'provider-state', format: this.#format, state: this.#state })
    if (error) this.emit({ type: 'error', error })
    const reason = error ? 'error' : this.#reason(verdict)
    this.emit({ type: 'finish', reason, rawReason: this.rawReason, usage: this.usage })
  }

  /** Ends what is open. Where there is no room for its end, that is lost. */
  #close(ending: Ending): ModelError | undefined {
    try {
      this.beforeEnd(ending)
      this.slots.endAll(ending)
      return undefined
    } catch (error) {
      this.slots.endAll('lost')
      return toModelError(error)
    }
  }

  #ending(verdict: Verdict): Ending {
    if (!this.done) return this.#unreadable ? 'cut' : 'lost'
    // A call that was whole before the model or its server went wrong is whole.
    return verdict === 'stop' || verdict === 'tool-calls' || verdict === 'other' ? 'whole' : 'cut'
  }

  // No provider's reason proves that there are calls, or that there are none: what was decoded decides.
  #reason(verdict: Verdict): FinishReason {
    if (verdict instanceof ModelError) return 'error'
    if (verdict === 'length' || verdict === 'content-filter') return verdict
    if (this.slots.cut) return 'length'
    if (this.slots.any) return 'tool-calls'
    return verdict === 'tool-calls' ? 'stop' : verdict
  }
}

/** The counts of usage that are numbers; JSON can say more than a number holds. */
export function usageOf(counts: Readonly<Partial<Record<keyof Usage, Foreign>>>): Usage {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => Number.isFinite(count)))
}
