import { type JsonObject, isObject } from '../base/index.ts'
import type { FinishReason, ModelEvent } from '../ports/index.ts'
import type { Usage } from '../protocol/index.ts'
import { AnswerDecoder, type Verdict, usageOf } from './_answer-decoder.ts'
import { AnthropicBlock, isEchoed } from './_anthropic-block.ts'
import { type Foreign, fields, isText, objects } from './_json.ts'
import { protocolError } from './_model-error.ts'
import type { Ending } from './_slots.ts'
import { type WireEvent, doneMark } from './_sse.ts'

const verdicts: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tool-calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'content-filter'],
])

const counted = [
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'output_tokens_details',
] as const
type Counts = Partial<Record<(typeof counted)[number], Foreign>>

/** Far more than any answer has, and few enough to look through. */
const maxBlocks = 10_000

/** Decodes an answer of Anthropic Messages, streamed or whole. Blocks are found by their index. */
export class AnthropicDecoder extends AnswerDecoder {
  readonly #blocks = new Map<number, AnthropicBlock>()
  readonly #counts: Counts = {}
  #container: Foreign
  #messageId: Foreign
  #started = false
  /** Whether a reason to end came, and no call behind it. */
  #concluded = false

  override push(event: WireEvent): void {
    // OpenRouter ends so, also where the reason was the last that it sent.
    if (event.data === doneMark) this.done ||= this.#concluded
    super.push(event)
  }

  protected override read(chunk: JsonObject, { event, document }: WireEvent): boolean {
    // A gateway wraps the whole message as `{data, success}`.
    const { data } = chunk
    const object = document && isObject(data) ? fields(data) : chunk
    const type = object['type'] ?? event
    if (type !== 'message') return this.#readEvent(type, object)
    this.#start(object)
    this.done = true
    return true
  }

  protected override judge(reason: string | null): Verdict {
    return verdictOf(reason)
  }

  protected override emit(event: ModelEvent): void {
    // The loop of the server's own tools came to its limit; it goes on where the answer is sent back as it is.
    const paused =
      event.type === 'finish' && event.reason === 'other' && event.rawReason === 'pause_turn'
    super.emit(paused ? { ...event, paused } : event)
  }

  protected override beforeEnd(ending: Ending): void {
    // A limit closes the block that it cuts; what failed before a reason came may have done so too.
    const meant = this.#concluded && /^(stop|tool-calls|other)$/.test(verdictOf(this.rawReason))
    const closed = ending === 'lost' ? (meant ? 'whole' : 'cut') : ending
    for (const block of this.#blocks.values()) {
      const { slot, stopped } = block
      this.#takeInput(block)
      // A call without input whose end never came may have been cut.
      const open = slot?.begun ? ending : 'cut'
      if (slot) this.slots.end(slot, stopped ? closed : open)
    }
    const id = fields(this.#container)['id']
    if (isText(id)) this.emitState({ container: id })
  }

  #readEvent(type: Foreign, event: JsonObject): boolean {
    const index = typeof event['index'] === 'number' ? event['index'] : 0
    if (type === 'message_start') this.#start(fields(event['message']))
    else if (type === 'content_block_start') this.#open(index, fields(event['content_block']))
    else if (type === 'content_block_delta') this.#add(index, fields(event['delta']))
    else if (type === 'content_block_stop') this.#stop(index)
    else if (type === 'message_delta') this.#conclude(fields(event['delta']), event['usage'])
    else if (type === 'message_stop') this.done = true
    else return false
    return true
  }

  #start(message: JsonObject): void {
    const { id } = message
    // A proxy that begins again within one answer has put two of them together.
    if (this.#started && id !== this.#messageId)
      throw protocolError('The answer holds two messages, one inside the other.')
    if (this.#started) return
    this.#started = true
    this.#messageId = id
    // Programmatic calls come here whole, with no events of their blocks.
    objects(message['content']).forEach((block, index) => {
      this.#open(index, block)
      this.#stop(index)
    })
    this.#conclude(message, message['usage'])
  }

  #conclude(delta: JsonObject, usage: Foreign): void {
    if (isText(delta['stop_reason'])) {
      this.rawReason = delta['stop_reason']
      this.#concluded = true
    }
    this.#container = delta['container'] ?? this.#container
    // Counts are cumulative; what comes later may correct what came with the start.
    const counts = fields(usage)
    for (const name of counted) this.#counts[name] = counts[name] ?? this.#counts[name]
    this.usage = neutral(this.#counts)
  }

  #open(index: number, json: JsonObject): void {
    const before = this.#blocks.get(index)
    if (before?.repeats(json)) return
    if (before && !before.stopped)
      throw protocolError(`Block ${index} of the answer begins again before it ended.`)
    this.#endFollowed()
    const block = new AnthropicBlock(json)
    this.size.add(JSON.stringify(json).length)
    this.#blocks.set(index, block)
    if (this.#blocks.size > maxBlocks)
      throw protocolError(`The answer has more than ${maxBlocks} blocks.`)
    if (block.type === 'tool_use') this.#openCall(index, block)
    const said = block.text()
    if (said) this.text(said.type, said.text)
  }

  #openCall(index: number, block: AnthropicBlock): void {
    this.#goOn()
    const { type: _type, id, name, input: _input, ...state } = block.json
    const slot = this.slots.open(index)
    this.slots.identify(slot, id, name)
    if (Object.keys(state).length > 0) this.slots.keep(slot, state)
    this.slots.announce(slot)
    block.slot = slot
  }

  #add(index: number, delta: JsonObject): void {
    const block = this.#blocks.get(index) ?? this.#openText(index, delta)
    if (!block || block.stopped) return
    if (block.slot && delta['type'] === 'input_json_delta') {
      this.#goOn()
      return this.slots.input(block.slot, delta['partial_json'])
    }
    const said = block.add(delta)
    if (said) this.text(said.type, said.text)
    else this.size.add(JSON.stringify(delta).length)
  }

  #goOn(): void {
    this.done = this.#concluded = false
  }

  /** Some proxies leave out the start of a text. */
  #openText(index: number, delta: JsonObject): AnthropicBlock | undefined {
    if (delta['type'] === 'text_delta') this.#open(index, { type: 'text', text: '' })
    return this.#blocks.get(index)
  }

  #stop(index: number): void {
    const block = this.#blocks.get(index)
    if (!block || block.stopped) return
    block.stopped = true
    this.#takeInput(block)
    const state = block.whole()
    if (isEchoed(state)) this.emitState(state)
  }

  /** The input may come whole with the start; `{}` there is only a place for the pieces. */
  #takeInput({ slot, json }: AnthropicBlock): void {
    if (slot && !slot.text.trim() && Object.keys(fields(json['input'])).length > 0)
      this.slots.input(slot, json['input'])
  }

  /** What another block follows was not cut. Calls end in the order in which they began. */
  #endFollowed(): void {
    for (const { slot, stopped } of this.#blocks.values())
      if (slot) {
        if (!stopped) return
        this.slots.end(slot, 'whole')
      }
  }
}

function verdictOf(reason: string | null): FinishReason {
  return reason === null ? 'stop' : (verdicts.get(reason) ?? 'other')
}

/** Here alone, `input_tokens` leaves out what was read from the cache or written to it. */
function neutral(counts: Counts): Usage {
  const count = (name: keyof Counts): number => {
    const value = counts[name]
    return typeof value === 'number' ? value : 0
  }
  const { input_tokens: fresh, output_tokens: outputTokens } = counts
  const cached = count('cache_read_input_tokens') + count('cache_creation_input_tokens')
  const inputTokens = typeof fresh === 'number' ? fresh + cached : undefined
  return usageOf({
    inputTokens,
    outputTokens,
    totalTokens: inputTokens === undefined ? undefined : inputTokens + count('output_tokens'),
    reasoningTokens: fields(counts.output_tokens_details)['thinking_tokens'],
    cachedInputTokens: counts.cache_read_input_tokens,
  })
}
