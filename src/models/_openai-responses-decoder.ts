import { type Json, type JsonObject, isObject } from '../base/index.ts'
import { AnswerDecoder, type Saying, type Verdict, usageOf } from './_answer-decoder.ts'
import { type Foreign, fields, isText, objects } from './_json.ts'
import { type ModelError, protocolError, providerError, readProblem } from './_model-error.ts'
import type { Ending, Slot } from './_slots.ts'
import type { WireEvent } from './_sse.ts'
import { said } from './_wire-object.ts'

/** What is said in pieces, by the name of the event and of the part that holds it whole. */
const sayings: ReadonlyMap<string, Saying> = new Map([
  ['output_text', 'text-delta'],
  ['refusal', 'refusal-delta'],
  ['reasoning_text', 'reasoning-delta'],
  ['summary_text', 'reasoning-delta'],
])

/** The items whose input is said in pieces, by the name of the event. */
const inputs: ReadonlyMap<string, string> = new Map([
  ['function_call_arguments', 'function_call'],
  ['custom_tool_call_input', 'custom_tool_call'],
])

/** An item of the answer. */
interface Item {
  readonly type: Foreign
  /** The first that came, if any did. */
  id: Foreign
  readonly position: number
  /** What was said of it, by the kind and the number of the part. */
  readonly texts: Map<string, string>
  /** Set where the item is a call that the client runs. */
  readonly call: Call | undefined
  /** Whether its end came, which some streams repeat. */
  finished: boolean
}

interface Call {
  readonly slot: Slot
  /** Whether the end of its input came. */
  told: boolean
  /** Whether that end said all of the input once more. */
  toldInput: boolean
  /** How the server said that it ended. */
  ending: Ending | undefined
}

/** A part of an item that says something; `end` is what its end adds. */
interface Part {
  readonly item: Item
  readonly place: number | 'end'
}

/** Far more items and parts than any answer has, and few enough to look through. */
const maxParts = 10_000

/** Decodes an answer of OpenAI Responses, streamed or whole. Items are found by their place in the output. */
export class ResponsesDecoder extends AnswerDecoder {
  readonly #items = new Map<number, Item>()
  /** By its id: the latest everywhere, and the latest at a place. */
  readonly #byId = new Map<string, Item>()
  readonly #atPlace = new Map<string, Item>()
  /** In the order in which they began. */
  readonly #calls: Call[] = []
  #latest: Item | undefined
  #parts = 0
  #incomplete: Foreign

  /** `response.failed` may follow, and say more. */
  protected override refuse(error: ModelError): void {
    this.failure = error
  }

  protected override read(chunk: JsonObject, { event, document }: WireEvent): boolean {
    if (document) return this.#readWhole(chunk)
    const type = isText(chunk['type']) ? chunk['type'] : (event ?? '')
    const [, name = '', phase = ''] = /^response\.(?:(.*)\.)?(\w+)$/.exec(type) ?? []
    const input = inputs.get(name)
    const response = chunk['response']
    if (!name && isObject(response)) this.#conclude(fields(response), phase)
    else if (name === 'output_item') this.#readItem(chunk, phase)
    else if (input) this.#readInput(chunk, input, phase)
    else this.#readText(name.replace(/^reasoning_summary/, 'summary'), chunk, phase)
    return phase !== ''
  }

  protected override judge(reason: string | null): Verdict {
    if (this.failure) return this.failure
    if (reason !== 'incomplete') return reason === null ? 'other' : 'stop'
    return this.#incomplete === 'content_filter' ? 'content-filter' : 'length'
  }

  protected override beforeEnd(ending: Ending): void {
    // What the server had not said to be whole went down with the answer.
    const told = this.failure ? 'lost' : ending
    // Where nothing tells the end of a call, that of the answer does; or nobody knows that it was whole.
    const begun = this.done ? told : 'lost'
    for (const call of this.#calls) {
      const untold = call.slot.begun ? begun : 'cut'
      this.slots.end(call.slot, call.ending ?? (call.told ? told : untold))
    }
  }

  /** A gateway wraps the whole response as `{data, success}`. */
  #readWhole(chunk: JsonObject): boolean {
    const response = [chunk, fields(chunk['data'])].find((each) => each['object'] === 'response')
    if (response) this.#conclude(response, '')
    return response !== undefined
  }

  /** Reads the state of the response: at its beginning, where it only names itself, and at its end. */
  #conclude(response: JsonObject, phase: string): void {
    const status = isText(response['status']) ? response['status'] : phase
    if (!/^(completed|incomplete|failed|cancelled)$/.test(status)) return
    const streamed = new Set(Array.from(this.#items.values(), ({ type }) => type))
    // What did not stream stands here; some servers leave it empty, others leave out what they streamed.
    objects(response['output']).forEach((json, position) => {
      if (isCall(json)) this.#fillCall(json, position)
      else if (!streamed.has(json['type'])) this.#finishItem(this.#open(json, position), json)
    })
    this.done = true
    this.rawReason = status
    this.#incomplete = fields(response['incomplete_details'])['reason']
    this.#readUsage(fields(response['usage']))
    if (status === 'failed' || status === 'cancelled')
      this.failure = providerError(
        readProblem({ error: response['error'] ?? status }) ?? said(status),
      )
  }

  #fillCall(json: JsonObject, position: number): void {
    const { call_id: id } = json
    const before = this.#calls.find(({ slot }) => isText(id) && slot.id === id)
    const there = this.#find({ output_index: position }, json['id'])
    // Ids change on some servers; what stands at the place of a call is that call, or nobody knows.
    if (!before && there?.call && !isSame(there, json)) return
    const call = before ?? there?.call ?? this.#open(json, position).call
    if (call) this.#finishCall(call, json)
  }

  #readItem(event: JsonObject, phase: string): void {
    const json = fields(event['item'])
    const before = this.#find(event, json['id'])
    const item = before && isSame(before, json) ? before : this.#open(json, this.#positionOf(event))
    this.#name(item, json['id'])
    if (item.call) this.#identify(item.call, json)
    if (phase === 'done') this.#finishItem(item, json)
  }

  /** What names a call may come behind its first piece. */
  #identify({ slot }: Call, { call_id: id, name }: JsonObject): void {
    if (!slot.ended) this.slots.identify(slot, id, slot.name ? undefined : name)
  }

  #open(json: JsonObject, position: number): Item {
    const { type, id } = json
    const call = isCall(json) ? this.#openCall(json, position) : undefined
    const item: Item = { type, id: undefined, position, texts: new Map(), call, finished: false }
    this.#addPart()
    this.#items.set(position, item)
    this.#name(item, id)
    this.#latest = item
    return item
  }

  /** The id of an item may come behind its first piece. */
  #name(item: Item, id: Foreign): void {
    if (item.id !== undefined || !isText(id)) return
    item.id = id
    this.#byId.set(id, item)
    this.#atPlace.set(`${item.position} ${id}`, item)
  }

  /** Opens the item of a piece that came before it. */
  #openFor(event: JsonObject, type: string): Item {
    return this.#open({ type, id: event['item_id'] ?? null }, this.#positionOf(event))
  }

  #openCall({ call_id: id, name, namespace, caller }: JsonObject, position: number): Call {
    this.done = false
    const slot = this.slots.open(position)
    this.slots.identify(slot, id, name)
    this.#keep(slot, { namespace, caller })
    this.slots.announce(slot)
    const call = { slot, told: false, toldInput: false, ending: undefined }
    this.#calls.push(call)
    return call
  }

  #addPart(): void {
    if (++this.#parts > maxParts)
      throw protocolError(`The answer has more than ${maxParts} items and parts.`)
  }

  #finishItem(item: Item, json: JsonObject): void {
    if (item.call) return this.#finishCall(item.call, json)
    if (item.finished) return
    item.finished = true
    const { content, summary, ...head } = json
    const parts = [...objects(summary), ...objects(content)]
    for (const name of sayings.keys())
      this.#completeItem(
        name,
        item,
        parts
          .filter(({ type }) => type === name)
          .map(textOf)
          .join(''),
      )
    // A message comes back as it was told; what names it goes with it.
    this.emitState(json['type'] === 'message' ? known(head) : json)
  }

  #finishCall(call: Call, json: JsonObject): void {
    // Its end may be told again, by another item too that comes at its place.
    if (call.ending) return
    const { slot } = call
    const { arguments: input = json['input'], input: _, call_id: _id, name: _name, ...rest } = json
    this.#identify(call, json)
    if (isText(input)) this.slots.complete(slot, input)
    else this.slots.input(slot, input)
    this.#keep(slot, rest)
    const { status } = json
    if (status === 'incomplete') call.ending = 'cut'
    // One that is complete and has no word on its input is not known to have none.
    else if ((status === 'completed' && input !== undefined) || slot.begun) call.ending = 'whole'
    this.#endReady()
  }

  /** Calls end in the order in which they began. */
  #endReady(): void {
    for (const { slot, ending } of this.#calls) {
      if (!ending) return
      this.slots.end(slot, ending)
    }
  }

  #keep(slot: Slot, state: Readonly<Record<string, Foreign>>): void {
    const told = known(state)
    if (Object.keys(told).length > 0) this.slots.keep(slot, told)
  }

  #readInput(event: JsonObject, type: string, phase: string): void {
    // A stream that was resumed may begin inside a call; its end tells the whole.
    const { call } = this.#find(event) ?? this.#openFor(event, type)
    // Of a call whose end was told nothing can come; whose a piece is at the place of no call, nobody knows.
    if (phase === 'delta' && !call?.ending) this.done = false
    // Behind the whole input nothing of it can come.
    if (call && !call.ending && !call.toldInput) this.#addInput(call, event, phase)
  }

  #addInput(call: Call, event: JsonObject, phase: string): void {
    const { delta, arguments: input = event['input'] } = event
    if (phase === 'delta') return this.slots.input(call.slot, delta)
    if (typeof input !== 'string') return
    call.told = true
    call.toldInput = this.slots.complete(call.slot, input)
  }

  #readText(name: string, event: JsonObject, phase: string): void {
    const saying = sayings.get(name)
    if (!saying) return
    const type = saying === 'reasoning-delta' ? 'reasoning' : 'message'
    const item = this.#find(event) ?? this.#openFor(event, type)
    const at = event['content_index'] ?? event['summary_index']
    const place = typeof at === 'number' ? at : 0
    if (phase === 'delta') this.#say(name, { item, place }, event['delta'])
    else if (phase === 'done') this.#complete(name, { item, place }, textOf(event))
  }

  #say(name: string, { item, place }: Part, text: Foreign): void {
    const type = sayings.get(name)
    if (!type || !isText(text)) return
    const key = `${name}/${place}`
    const before = item.texts.get(key)
    if (before === undefined) this.#addPart()
    item.texts.set(key, (before ?? '') + text)
    this.text(type, text)
  }

  /** Says what was not said yet of a text that comes once more, whole. */
  #complete(name: string, part: Part, text: string): void {
    const before = part.item.texts.get(`${name}/${part.place}`) ?? ''
    if (text.startsWith(before)) this.#say(name, part, text.slice(before.length))
  }

  /** The same for all texts of a kind in an item, since the parts at its end may be others. */
  #completeItem(name: string, item: Item, text: string): void {
    const all = [...item.texts].filter(([key]) => key.startsWith(`${name}/`))
    const before = all.map(([, part]) => part).join('')
    if (text.startsWith(before)) this.#say(name, { item, place: 'end' }, text.slice(before.length))
  }

  /** Ids of items rotate on some servers; they count where no place is given, or two items have the same. */
  #find(event: JsonObject, id: Foreign = event['item_id']): Item | undefined {
    const position = event['output_index']
    if (typeof position !== 'number') return isText(id) ? this.#byId.get(id) : this.#latest
    const named = isText(id) ? this.#atPlace.get(`${position} ${id}`) : undefined
    return named ?? this.#items.get(position)
  }

  #positionOf({ output_index: position }: JsonObject): number {
    return typeof position === 'number' ? position : this.#items.size
  }

  #readUsage(usage: JsonObject): void {
    this.usage = usageOf({
      inputTokens: usage['input_tokens'],
      outputTokens: usage['output_tokens'],
      totalTokens: usage['total_tokens'],
      reasoningTokens: fields(usage['output_tokens_details'])['reasoning_tokens'],
      cachedInputTokens: fields(usage['input_tokens_details'])['cached_tokens'],
    })
  }
}

function textOf({ text, refusal = text }: JsonObject): string {
  return isText(refusal) ? refusal : ''
}

/** Whether an item asks the client for something. xAI runs its own search, and shows it as a custom call. */
function isCall({ type, call_id: id }: JsonObject): boolean {
  if (type !== 'custom_tool_call') return type === 'function_call'
  return !isText(id) || !id.startsWith('xs_call_')
}

function isSame({ type, call }: Item, json: JsonObject): boolean {
  const { call_id: id, name } = json
  return type === json['type'] && agrees(call?.slot.id, id) && agrees(call?.slot.name, name)
}

/** Whether what is known, and what is said now, may be of one call: either may be missing. */
function agrees(before: string | undefined, told: Foreign): boolean {
  return !before || !isText(told) || before === told
}

/** The fields that say something. */
function known(values: Readonly<Record<string, Foreign>>): JsonObject {
  const entries = Object.entries(values).filter(
    (entry): entry is [string, Json] =>
      entry[1] !== undefined && entry[1] !== null && entry[1] !== '',
  )
  return Object.fromEntries(entries)
}
