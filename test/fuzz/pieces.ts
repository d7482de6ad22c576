// What a stream says of calls, piece by piece, read by the rules of docs of each format and with no code of the
// package: which pieces belong together is all that these rules know, not what a decoder does with them.
import { type ReadItem, depthOf } from './body.ts'
import type { Format } from './grammar.ts'
import {
  type Fields,
  type Group,
  Reader,
  type Reading,
  addInput,
  addName,
  addWhole,
  fieldsOf,
  isObject,
  isText,
  objectsOf,
} from './reader.ts'

/** What the package reads. */
const deepest = 512

export function readPieces(format: Format, items: readonly ReadItem[]): Reading {
  const reader = new readers[format]()
  for (const item of items) {
    if (item.data === '[DONE]') {
      reader.done()
      continue
    }
    try {
      const value: unknown = JSON.parse(item.data)
      if (depthOf(item.data) > deepest) throw new RangeError('It is nested too deeply.')
      const object: unknown = Array.isArray(value) ? value[0] : value
      const { ended } = reader
      reader.read(fieldsOf(object), item)
      // What reports a failure is no end.
      if (isFailure(fieldsOf(object), item)) reader.ended &&= ended
    } catch {
      // Behind what cannot be read, or written again, nothing is known to be whole.
      reader.unreadable = true
      break
    }
  }
  return reader
}

function isFailure({ type, object, error }: Fields, { event }: ReadItem): boolean {
  return [event, type, object].includes('error') || Boolean(error)
}

class ChatReader extends Reader {
  #withDelta = false
  #withIndex: boolean | undefined

  read(event: Fields): void {
    const inner = fieldsOf(event['data'])
    const chunk = !event['choices'] && inner['choices'] ? inner : event
    for (const choice of objectsOf(chunk['choices'])) {
      if ((choice['index'] ?? 0) !== 0) continue
      const { delta, message, finish_reason: reason } = choice
      this.#withDelta ||= isObject(delta)
      this.#readCalls(isObject(delta) || this.#withDelta ? fieldsOf(delta) : fieldsOf(message))
      if (isObject(message)) this.#withDelta = true
      this.ended ||= isText(reason)
    }
  }

  override done(): void {
    this.ended = true
  }

  #readCalls(delta: Fields): void {
    const calls = objectsOf(delta['tool_calls'])
    for (const [position, call] of calls.entries()) this.#readCall(call, position)
    if (calls.length === 0 && isObject(delta['function_call']))
      this.#readCall({ function: delta['function_call'] }, 0)
  }

  #readCall(call: Fields, position: number): void {
    this.ended = false
    const { index, id } = call
    const { name, arguments: input } = fieldsOf(call['function'])
    const indexed = typeof index === 'number' || typeof index === 'string'
    this.#withIndex ??= indexed
    // Nobody can say whose a piece is that has something else for an id, or an index where others have none.
    const isOdd = typeof id !== 'string' && id !== undefined && id !== null
    if (isOdd || indexed !== this.#withIndex) this.unplaced = true
    const known = isText(id) && !indexed && this.groups.find(({ ids }) => ids.has(id))
    const place = indexed ? index : position
    const group = known || this.#groupAt(`${typeof place} ${place}`, id, name)
    if (isText(name)) group.named.add(group.pieces.length)
    addName(group, name)
    addInput(group, input)
  }

  /** An id that comes with a name is of the call that begins with it. */
  #groupAt(key: string, id: unknown, name: unknown): Group {
    const before = this.at(key)
    const begins = isText(id) && isText(name) && before?.ids.size === 0 && before.pieces.length > 0
    if (begins) this.close(key)
    return this.withId(key, id)
  }
}

class AnthropicReader extends Reader {
  #begun: { readonly id: unknown } | undefined

  read(event: Fields, item: ReadItem): void {
    const inner = fieldsOf(event['data'])
    const message = inner['type'] === 'message' ? inner : event
    const type = message['type'] ?? item.event
    const index = typeof event['index'] === 'number' ? event['index'] : 0
    if (type === 'message') {
      this.#readContent(message)
      this.ended = true
    } else if (type === 'message_start') this.#begin(fieldsOf(event['message']))
    else if (type === 'content_block_start') this.#start(index, fieldsOf(event['content_block']))
    else if (type === 'content_block_stop') this.#stop(index)
    else if (type === 'message_stop') this.ended = true
    else if (type === 'content_block_delta') this.#add(index, fieldsOf(event['delta']))
  }

  #add(index: number, { type, partial_json: piece }: Fields): void {
    const group = this.at(`${index}`)
    if (!group || type !== 'input_json_delta') return
    addInput(group, piece)
    this.ended &&= group.told
  }

  override done(): void {
    this.ended = true
  }

  /** What begins again with the same id is the same message. */
  #begin(message: Fields): void {
    const { id } = message
    if (!this.#begun || this.#begun.id !== id) this.#readContent(message)
    this.#begun ??= { id }
  }

  #readContent(message: Fields): void {
    for (const [index, block] of objectsOf(message['content']).entries()) {
      this.#start(index, block)
      this.#stop(index)
    }
  }

  #stop(index: number): void {
    const group = this.at(`${index}`)
    if (group) group.told = true
    this.close(`${index}`)
  }

  #start(index: number, block: Fields): void {
    const { type, id, name, input } = block
    if (isText(id) && this.at(`${index}`)?.ids.has(id)) return
    // Pieces of what is no call are in no call.
    if (type !== 'tool_use') return this.close(`${index}`)
    const known = this.groups.some(({ ids, told }) => told && isText(id) && ids.has(id))
    const group = this.open(`${index}`)
    // What repeats a call that is whole does not go on with it.
    group.told = known
    this.ended &&= known
    if (isText(id)) group.ids.add(id)
    addName(group, name)
    if (isObject(input)) group.wholes.push(JSON.stringify(input))
  }
}

class ResponsesReader extends Reader {
  /** By place and id of the item: of two at one place, a piece says by the id which it is of. */
  readonly #items = new Map<string, Group>()
  readonly #named = new Set<Group>()

  read(event: Fields, item: ReadItem): void {
    const type = isText(event['type']) ? event['type'] : (item.event ?? '')
    if (item.document) return this.#readDocument(event)
    // What tells of a response as a whole is named in two words, or not at all.
    if (!/^response\..*\./.test(type) && isObject(event['response'])) {
      this.#readResponse(fieldsOf(event['response']))
      this.ended ||= type.startsWith('response.')
    }
    if (/^response\.(?:output_item|function_call_arguments|custom_tool_call_input)\./.test(type))
      this.#readPiece(type, event)
  }

  #readPiece(type: string, { output_index: index, item, delta, ...whole }: Fields): void {
    if (typeof index !== 'number') this.unplaced = true
    const key = String(index)
    if (type.endsWith('output_item.added'))
      return void this.#readItem({ ...fieldsOf(item), arguments: undefined, input: undefined }, key)
    if (type.includes('output_item')) return this.#finishItem(fieldsOf(item), key)
    const known = this.#itemAt(key, whole['item_id'])
    const group = known ?? this.open(key)
    if (!known) {
      group.names.push(type.includes('custom') ? 'custom_tool_call' : 'function_call')
      this.#nameItem(group, key, whole['item_id'])
    }
    if (type.endsWith('delta')) {
      // A piece without a place may be of a call whose end was told.
      const goesOn = group.names[0] === 'function_call' && !group.told
      if (goesOn && typeof index === 'number') this.ended = false
      addInput(group, delta)
    }
    for (const input of [whole['arguments'], whole['input']]) addWhole(group, input)
  }

  /** The first id that comes for an item is its own. */
  #nameItem(group: Group, key: string, itemId: unknown): void {
    if (!isText(itemId) || this.#named.has(group)) return
    this.#named.add(group)
    this.#items.set(`${key} ${itemId}`, group)
  }

  #itemAt(key: string, itemId: unknown): Group | undefined {
    const known = isText(itemId) ? this.#items.get(`${key} ${itemId}`) : undefined
    return known ?? this.at(key)
  }

  #readDocument(document: Fields): void {
    const response = [document, fieldsOf(document['data'])].find(
      (each) => each['object'] === 'response',
    )
    if (response) this.#readResponse(response)
  }

  #readResponse(response: Fields): void {
    if (/completed|incomplete|failed|cancelled/.test(String(response['status']))) this.ended = true
    for (const [position, json] of objectsOf(response['output']).entries()) {
      const there = this.at(String(position))
      this.#finishItem(json, String(position))
      // What is said later is of what streamed.
      if (there) this.put(String(position), there)
    }
  }

  #finishItem(json: Fields, key: string): void {
    this.#readItem(json, key).told = true
  }

  #readItem(json: Fields, key: string): Group {
    const { id: itemId, call_id: id, name, arguments: text, input, type } = json
    const before = this.#itemAt(key, itemId)
    const group = before && isItem(before, json) ? before : this.open(key)
    this.#nameItem(group, key, itemId)
    if (isText(id)) group.ids.add(id)
    // Items at one place are told apart by their types as well.
    group.names.push(String(type))
    addName(group, name)
    for (const whole of [text, input]) addWhole(group, whole)
    return group
  }
}

/** Whether an item may be the one of `group`, as far as type, name and id say. */
function isItem({ names, ids }: Group, { call_id: id, name, type }: Fields): boolean {
  const others = names.filter((each) => each !== type)
  const fits = (known: readonly string[], told: unknown): boolean =>
    known.length === 0 || !isText(told) || known.includes(told)
  return fits(names, String(type)) && fits(others, name) && fits([...ids], id)
}

class GeminiReader extends Reader {
  #more = false

  read(event: Fields): void {
    const { candidates, promptFeedback } = event
    if (fieldsOf(promptFeedback)['blockReason']) this.ended = true
    const first = objectsOf(candidates).find((each) => (each['index'] ?? 0) === 0)
    if (!first) return
    for (const part of objectsOf(fieldsOf(first['content'])['parts']))
      if (isObject(part['functionCall'])) this.#readCall(fieldsOf(part['functionCall']))
    if (first['finishReason']) this.ended = true
  }

  #readCall({ id, name, args, partialArgs, willContinue }: Fields): void {
    this.ended = false
    const before = this.at('last')
    const goesOn =
      before &&
      (isText(name)
        ? this.#more && isText(id) && before.ids.has(id)
        : this.#more || before.values.length > 0)
    const group = goesOn ? before : this.open('last')
    this.#more = willContinue === true
    if (isText(id)) group.ids.add(id)
    addName(group, name)
    addInput(group, args)
    for (const piece of objectsOf(partialArgs))
      group.values.push(isText(piece['stringValue']) ? piece['stringValue'] : JSON.stringify(piece))
  }
}

class OllamaReader extends Reader {
  read({ message, done }: Fields): void {
    for (const { id, function: called } of objectsOf(fieldsOf(message)['tool_calls'])) {
      this.ended = false
      const group = this.open('')
      const { name, arguments: input } = fieldsOf(called)
      if (isText(id)) group.ids.add(id)
      addName(group, name)
      addInput(group, input)
    }
    this.ended ||= done === true
  }
}

class CohereReader extends Reader {
  read(event: Fields, item: ReadItem): void {
    const { index, message: whole, delta } = event
    const type = event['type'] ?? item.event
    const calls = fieldsOf(fieldsOf(delta)['message'])['tool_calls']
    if (isObject(whole)) {
      for (const [at, call] of objectsOf(fieldsOf(whole)['tool_calls']).entries()) {
        this.close(`${at}`)
        this.#readCalls(call, `${at}`)
      }
      this.ended ||= Boolean(event['finish_reason'])
    } else if (type === 'message-end') this.ended = true
    else if (type === 'tool-call-start' || type === 'tool-call-delta') {
      const key = typeof index === 'number' ? `${index}` : '0'
      if (type === 'tool-call-start') this.close(key)
      this.#readCalls(calls, key)
    }
  }

  #readCalls(calls: unknown, key: string): void {
    this.ended = false
    const group = this.at(key) ?? this.open(key)
    const call = objectsOf(Array.isArray(calls) ? calls : [calls])[0] ?? {}
    const { name, arguments: input } = fieldsOf(call['function'])
    if (isText(call['id'])) group.ids.add(call['id'])
    addName(group, name)
    addInput(group, input)
  }
}

const readers: Readonly<Record<Format, new () => Reader>> = {
  'openai-chat': ChatReader,
  'openai-responses': ResponsesReader,
  anthropic: AnthropicReader,
  gemini: GeminiReader,
  ollama: OllamaReader,
  'cohere-v2': CohereReader,
}
