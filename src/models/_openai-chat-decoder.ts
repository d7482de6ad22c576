import { type JsonObject, isObject } from '../base/index.ts'
import type { FinishReason, ModelEvent } from '../ports/index.ts'
import type { Usage } from '../protocol/index.ts'
import { type Saying, usageOf } from './_answer-decoder.ts'
import { AnswerSize } from './_answer-size.ts'
import { type Foreign, fields, isText, objects } from './_json.ts'
import { ModelError, excerpt, protocolError, providerError, readProblem } from './_model-error.ts'
import { EchoedFields } from './_openai-chat-echo.ts'
import { type Ending, type Slot, ToolSlots } from './_slots.ts'
import { type WireEvent, doneMark } from './_sse.ts'
import type { StreamDecoder } from './_stream.ts'
import { said, wireObject } from './_wire-object.ts'

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
  readonly #size = new AnswerSize()
  readonly #echoed = new EchoedFields(this.#size)
  #events: ModelEvent[] = []
  #usage: Usage = {}
  #rawReason: string | null = null
  /** Whether a reason to end came, and no call went on behind it. */
  #ended = false
  /** What the provider reported behind the end. */
  #failure: ModelError | undefined
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
    const chunk = unwrapped(parsed)
    this.#readUsage(chunk['usage'] ?? fields(chunk['x_groq'])['usage'])
    const wasEnded = this.#ended
    // Only the first of several answers that were asked for at once.
    const choices = objects(chunk['choices']).filter((choice) => (choice['index'] ?? 0) === 0)
    for (const choice of choices) this.#readChoice(choice)
    const problem = choiceProblem(choices) ?? this.#problemOf(chunk, event)
    if (!problem) return
    // What reports a failure gives no reason to end. Behind one, what comes tells whether it was the end.
    this.#ended &&= wasEnded
    if (!this.#ended) throw problem
    this.#failure ??= problem
  }

  end(): void {
    // A stream without [DONE] is whole where it gave a reason, as a dozen providers do.
    if (this.#done || this.#ended) return this.#finish(this.#failure)
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
    const isLate = error.code === 'MODEL_NETWORK' && this.#ended
    this.#finish(this.#failure ?? (isLate ? undefined : error))
  }

  take(): readonly ModelEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  #emit(event: ModelEvent): void {
    this.#events.push(event)
  }

  #text(type: Saying, text: Foreign): void {
    if (!isText(text)) return
    this.#size.add(text.length)
    this.#emit({ type, text })
  }

  #parse(event: WireEvent): JsonObject | undefined {
    try {
      return wireObject(event)
    } catch (error) {
      this.#unreadable = error instanceof ModelError && error.code === 'MODEL_PROTOCOL'
      throw error
    }
  }

  #problemOf(chunk: JsonObject, { event, data, document }: WireEvent): ModelError | undefined {
    const named = event === 'error' || chunk['object'] === 'error' || chunk['type'] === 'error'
    const foreign = document && !this.#seen
    if (chunk['error'] || named || foreign) {
      const problem = readProblem(chunk)
      if (problem || named) return providerError(problem ?? said(data))
    }
    return foreign ? protocolError(`The answer is no chat completion: ${excerpt(data)}`) : undefined
  }

  #readChoice(choice: JsonObject): void {
    this.#seen = true
    const { delta, message } = choice
    if (isObject(delta)) this.#readDelta(delta)
    // A whole completion; where deltas came, a message beside them repeats what they said.
    else if (isObject(message) && !this.#streamed) this.#readDelta(message)
    const { finish_reason: reason, native_finish_reason: native } = choice
    if (isText(reason)) {
      this.#rawReason = reason
      this.#ended = true
    }
    // OpenRouter says `tool_calls` also where the native reason was a limit.
    for (const each of [reason, native]) this.#limited ||= isText(each) && reachedLimit.test(each)
    this.#readUsage(choice['usage'])
  }

  #readDelta(delta: JsonObject): void {
    this.#streamed = true
    const reasoning = reasoningFields.find((field) => isText(delta[field]))
    if (reasoning) this.#text('reasoning-delta', delta[reasoning])
    this.#readContent(delta['content'])
    this.#text('refusal-delta', delta['refusal'])
    this.#readCalls(delta)
    for (const field of this.#context.echo) this.#echoed.add(field, delta[field])
  }

  /** Content is text, or parts: text, Mistral's `thinking` and Databricks' `reasoning` with nested parts. */
  #readContent(content: Foreign, type: 'text-delta' | 'reasoning-delta' = 'text-delta'): void {
    if (isText(content)) return this.#text(type, content)
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
    this.#ended = false
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
    const { id } = call
    // Without index, a known id tells; else the place in the list, which is 0 where calls come one by one.
    const index = indexOf(call)
    const key = index ?? position
    const known = index === undefined ? this.#slots.withId(id) : undefined
    const before = known ?? this.#slots.at(key)
    if (before && !isAnother(before, call)) return before
    const slot = this.#slots.open(key)
    // The name of the second came already, in a piece that looked like a repeated name of the first.
    if (before?.renamed && !isText(fields(call['function'])['name']))
      this.#slots.identify(slot, id, before.name)
    return slot
  }

  /** The last usage that came counts: some servers repeat it with every event, growing. */
  #readUsage(value: Foreign): void {
    if (!isObject(value)) return
    const input = fields(value['prompt_tokens_details'])
    const output = fields(value['completion_tokens_details'])
    const counts = usageOf({
      inputTokens: value['prompt_tokens'],
      outputTokens: value['completion_tokens'],
      totalTokens: value['total_tokens'],
      reasoningTokens: output['reasoning_tokens'],
      cachedInputTokens:
        input['cached_tokens'] ?? value['prompt_cache_hit_tokens'] ?? value['cached_tokens'],
    })
    this.#usage = { ...this.#usage, ...counts }
  }

  #finish(failure?: ModelError): void {
    const reason = this.#rawReason
    const error =
      failure ?? (reason !== null && failed.test(reason) ? providerError(said(reason)) : undefined)
    this.#slots.endAll(this.#ending(error))
    const { state } = this.#echoed
    if (state) this.#emit({ type: 'provider-state', format: this.#context.format, state })
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
    if (this.#unreadable) return 'cut'
    if (error && (!this.#ended || (reason && failed.test(reason)))) return 'lost'
    // Where a reason came, what goes on behind it has one too, or was cut, whatever [DONE] says.
    const goesOn = reason !== null && !this.#ended
    return goesOn || this.#limited || (reason && wasFiltered.test(reason)) ? 'cut' : 'whole'
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

/** A gateway wraps the whole completion as `{data, success}`. */
function unwrapped(object: JsonObject): JsonObject {
  const { data } = object
  return !object['choices'] && isObject(data) && data['choices'] ? data : object
}

function choiceProblem(choices: readonly JsonObject[]): ModelError | undefined {
  const failing = choices.find((choice) => choice['error'])
  return failing && providerError(readProblem(failing) ?? said('an unknown error'))
}

/** Whether a piece at the place of `slot` begins another call, as where all calls come with index 0. */
function isAnother(slot: Slot, call: JsonObject): boolean {
  const { id } = call
  const named = fields(call['function'])
  // An id may come late, but with a name, or where nothing else tells, it is of the call that begins with it.
  const begins = indexOf(call) === undefined || isText(named['name'])
  const tells = slot.id !== '' || (slot.begun && begins)
  return isText(id) && tells ? id !== slot.id : isNamedAnew(slot, named)
}

function indexOf({ index }: JsonObject): number | string | undefined {
  return typeof index === 'number' || typeof index === 'string' ? index : undefined
}

function isNamedAnew(slot: Slot, { name, arguments: input }: JsonObject): boolean {
  // Without ids, a name behind a whole input tells, unless the server repeats it with every piece: then
  // only a new input does.
  const named = isText(name)
  const renamed = named && name !== slot.name
  // A name is whole before its input begins: what has begun is cut rather than another call's.
  if (renamed && slot.begun) return true
  if ((!named && !slot.renamed) || !slot.isWhole) return false
  // What is no object may be the middle of one, whose name came with its first piece.
  slot.renamed = slot.value !== undefined || slot.text.trimStart().startsWith('{')
  return isObject(input) || (isText(input) && input.trimStart().startsWith('{'))
}
