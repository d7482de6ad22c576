import { type Json, type JsonObject, isObject } from '../base/index.ts'
import type { FinishReason, ModelEvent } from '../ports/index.ts'
import type { Usage } from '../protocol/index.ts'
import { type Foreign, fields, isText, items, objects, parseJson } from './_json.ts'
import {
  type ModelError,
  type ProviderProblem,
  excerpt,
  protocolError,
  providerError,
  readProblem,
} from './_model-error.ts'
import { type Ending, type Slot, ToolSlots } from './_slots.ts'
import { type WireEvent, doneMark } from './_sse.ts'
import type { StreamDecoder } from './_stream.ts'

/** What a decoder needs of the request that it answers. */
export interface ChatDecoderContext {
  readonly format: string
  /** Fields of an answer that have to go back with it. */
  readonly echo: readonly string[]
  mintId(): string
  toolName(wireName: string): string
}

/** The names under which servers stream what a model thinks; some send two of them with one content. */
const reasoningFields = ['reasoning_content', 'reasoning', 'reasoning_text']

const reachedLimit = /length|max.*tokens|context_window/i
const wasFiltered = /filter|safety/i
const failed = /^(error|abort|insufficient_system_resource)/i
const stopped = /^(stop|eos|end|complete)/i

/** Decodes a Chat Completions answer, streamed or whole, from any of the servers that speak it. */
export class ChatDecoder implements StreamDecoder {
  readonly #context: ChatDecoderContext
  readonly #slots: ToolSlots
  readonly #kept: Record<string, Json> = {}
  #events: ModelEvent[] = []
  #usage: Usage = {}
  #rawReason: string | null = null
  #limited = false
  #seen = false
  #streamed = false
  #done = false
  #unreadable = false

  constructor(context: ChatDecoderContext) {
    this.#context = context
    this.#slots = new ToolSlots({ ...context, emit: (event) => this.#emit(event) })
  }

  push(event: WireEvent): void {
    if (event.data === doneMark) {
      this.#done = true
      return
    }
    const parsed = this.#parse(event)
    if (!parsed) return
    // A gateway wraps the whole completion as `{data, success}`.
    const { data } = parsed
    const chunk = !parsed['choices'] && isObject(data) && data['choices'] ? data : parsed
    this.#readUsage(chunk['usage'] ?? fields(chunk['x_groq'])['usage'])
    for (const choice of objects(chunk['choices']))
      // Only the first of several answers that were asked for at once.
      if ((choice['index'] ?? 0) === 0) this.#readChoice(choice)
    this.#throwProblem(chunk, event)
  }

  end(): void {
    // A stream without [DONE] is whole where it gave a reason, as a dozen providers do.
    if (this.#done || this.#rawReason !== null) return this.#finish()
    this.fail(
      protocolError(
        this.#seen
          ? 'The answer stopped before the model was done.'
          : 'The answer holds no event of a chat completion.',
      ),
    )
  }

  fail(error: ModelError): void {
    // A connection may break as it likes once the model has said that it is done.
    const late = error.code === 'MODEL_NETWORK' && this.#rawReason !== null
    this.#finish(late ? undefined : error)
  }

  take(): readonly ModelEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  #emit(event: ModelEvent): void {
    this.#events.push(event)
  }

  #parse({ data, event, last }: WireEvent): JsonObject | undefined {
    const value = parseJson(data)
    // Error envelopes come in an array from Gemini.
    if (value !== undefined) return fields(items(value)[0] ?? value)
    if (event === 'error') throw providerError(said(data))
    // Half an event at the end is no more than the end.
    if (last) return undefined
    this.#unreadable = true
    throw protocolError(`An event is not JSON: ${excerpt(data)}`)
  }

  #throwProblem(chunk: JsonObject, { event, data, document }: WireEvent): void {
    const named = event === 'error' || chunk['object'] === 'error' || chunk['type'] === 'error'
    const foreign = document && !this.#seen
    if (chunk['error'] || named || foreign) {
      const problem = readProblem(chunk)
      if (problem || named) throw providerError(problem ?? said(data))
    }
    if (foreign) throw protocolError(`The answer is no chat completion: ${excerpt(data)}`)
  }

  #readChoice(choice: JsonObject): void {
    this.#seen = true
    const { delta, message } = choice
    if (isObject(delta)) this.#readDelta(delta)
    // A whole completion; where deltas came, a message beside them repeats what they said.
    else if (isObject(message) && !this.#streamed) this.#readDelta(message)
    const reason = choice['finish_reason']
    if (typeof reason === 'string' && reason) this.#rawReason = reason
    // OpenRouter says `tool_calls` also where the native reason was a limit.
    const reasons = [reason, choice['native_finish_reason']]
    this.#limited ||= reasons.some((each) => typeof each === 'string' && reachedLimit.test(each))
    this.#readUsage(choice['usage'])
    if (choice['error']) throw providerError(readProblem(choice) ?? said('an unknown error'))
  }

  #readDelta(delta: JsonObject): void {
    this.#streamed = true
    const reasoning = reasoningFields.map((field) => delta[field]).find(isText)
    if (reasoning) this.#emit({ type: 'reasoning-delta', text: reasoning })
    this.#readContent(delta['content'])
    if (isText(delta['refusal'])) this.#emit({ type: 'refusal-delta', text: delta['refusal'] })
    this.#readCalls(delta)
    for (const field of this.#context.echo) this.#keep(field, delta[field])
  }

  /** Content is text, or parts: text, Mistral's `thinking` and Databricks' `reasoning` with nested parts. */
  #readContent(content: Foreign, type: 'text-delta' | 'reasoning-delta' = 'text-delta'): void {
    if (isText(content)) return this.#emit({ type, text: content })
    for (const part of objects(content)) {
      this.#readContent(part['text'], type)
      this.#readContent(part['thinking'] ?? part['summary'], 'reasoning-delta')
    }
  }

  #readCalls(delta: JsonObject): void {
    const calls = objects(delta['tool_calls'])
    calls.forEach((call, position) => this.#readCall(call, position))
    // What calls were before there were several; sent beside `tool_calls`, it repeats them.
    const legacy = delta['function_call']
    if (isObject(legacy) && calls.length === 0) this.#readCall({ function: legacy }, 0)
  }

  #readCall(call: JsonObject, position: number): void {
    const { id, extra_content: extra } = call
    const { name, arguments: input } = fields(call['function'])
    const slot = this.#slotOf(call, position)
    this.#slots.identify(slot, id, name)
    this.#slots.input(slot, input)
    // Gemini's signature of a thought belongs to the call that follows it.
    if (isObject(extra) && this.#context.echo.includes('extra_content'))
      this.#slots.keep(slot, { extra_content: extra })
  }

  #slotOf(call: JsonObject, position: number): Slot {
    const { index, id } = call
    // Without index, a known id tells; else the place in the list, which is 0 where calls come one by one.
    const indexed = typeof index === 'number' || typeof index === 'string'
    const key = indexed ? index : position
    const before = (!indexed && this.#slots.withId(id)) || this.#slots.at(key)
    if (before && !isAnother(before, call)) return before
    const slot = this.#slots.open(key)
    // The name of the second came already, in a piece that looked like a repeated name of the first.
    if (before?.renamed && !isText(fields(call['function'])['name']))
      this.#slots.identify(slot, id, before.name)
    return slot
  }

  #keep(field: string, value: Foreign): void {
    const before = this.#kept[field]
    if (value === undefined || value === null || value === '') return
    if (Array.isArray(value)) this.#kept[field] = mergeDetails(items(before), items(value))
    else this.#kept[field] = isText(value) && isText(before) ? before + value : value
  }

  /** The last usage that came counts: some servers repeat it with every event, growing. */
  #readUsage(value: Foreign): void {
    if (!isObject(value)) return
    const input = fields(value['prompt_tokens_details'])
    const output = fields(value['completion_tokens_details'])
    const counts = {
      inputTokens: value['prompt_tokens'],
      outputTokens: value['completion_tokens'],
      totalTokens: value['total_tokens'],
      reasoningTokens: output['reasoning_tokens'],
      cachedInputTokens:
        input['cached_tokens'] ?? value['prompt_cache_hit_tokens'] ?? value['cached_tokens'],
    }
    const known = Object.entries(counts).filter(([, count]) => typeof count === 'number')
    this.#usage = { ...this.#usage, ...Object.fromEntries(known) }
  }

  #finish(failure?: ModelError): void {
    const reason = this.#rawReason
    const error =
      failure ?? (reason !== null && failed.test(reason) ? providerError(said(reason)) : undefined)
    this.#slots.endAll(this.#ending(error))
    if (Object.keys(this.#kept).length > 0)
      this.#emit({ type: 'provider-state', format: this.#context.format, state: this.#kept })
    if (error) this.#emit({ type: 'error', error })
    this.#emit({
      type: 'finish',
      reason: error ? 'error' : this.#reason(),
      rawReason: reason,
      usage: this.#usage,
    })
  }

  #ending(error: ModelError | undefined): Ending {
    const reason = this.#rawReason
    // An event that cannot be read takes nothing from the calls that were whole before it.
    if (this.#unreadable || this.#limited || (reason && wasFiltered.test(reason))) return 'cut'
    return error && (reason === null || failed.test(reason)) ? 'lost' : 'whole'
  }

  // `tool_calls` proves nothing and `stop` excludes nothing: what was decoded decides.
  #reason(): FinishReason {
    const reason = this.#rawReason
    if (reason && wasFiltered.test(reason)) return 'content-filter'
    if (this.#limited || this.#slots.cut) return 'length'
    if (this.#slots.any) return 'tool-calls'
    return reason === null || stopped.test(reason) ? 'stop' : 'other'
  }
}

/** Whether a piece at the place of `slot` begins another call, as where all calls come with index 0. */
function isAnother(slot: Slot, call: JsonObject): boolean {
  const { id } = call
  const { name, arguments: input } = fields(call['function'])
  if (isText(id) && slot.id) return id !== slot.id
  // Without ids, a name behind a whole input tells, unless the server repeats it with every piece: then
  // only a new input does.
  const named = isText(name)
  const renamed = named && name !== slot.name
  if ((!named && !slot.renamed) || !slot.isWhole(renamed)) return false
  slot.renamed = true
  return renamed || isObject(input) || (isText(input) && input.trimStart().startsWith('{'))
}

/**
 * Joins streamed `reasoning_details`: the pieces of a text that is signed as a whole share type and index,
 * and the signature may come last and alone. Everything else stays as it came, in order.
 */
function mergeDetails(before: readonly Json[], added: readonly Json[]): readonly Json[] {
  const last = before.at(-1)
  const [first] = added
  // Only what comes with another event can continue: items of one event are items.
  const joins = isObject(last) && isObject(first) && continues(last, first)
  return joins
    ? [...before.slice(0, -1), joinDetail(last, first), ...added.slice(1)]
    : [...before, ...added]
}

function continues(last: JsonObject, detail: JsonObject): boolean {
  const same = ['type', 'index', 'id', 'format'].every(
    (field) => (detail[field] ?? last[field]) === (last[field] ?? detail[field]),
  )
  return same && !last['signature'] && detail['data'] === undefined
}

function joinDetail(last: JsonObject, detail: JsonObject): JsonObject {
  const joined: Record<string, Json> = { ...last }
  for (const [field, value] of Object.entries(detail)) {
    const before = last[field]
    const grows = (field === 'text' || field === 'summary') && isText(before) && isText(value)
    if (value !== null) joined[field] = grows ? before + value : value
  }
  return joined
}

function said(message: string): ProviderProblem {
  return { message: excerpt(message), code: undefined, failedGeneration: undefined }
}
