import type { HistoryValidator } from './history-validator.ts'
import { Place, isObjectText } from './place.ts'
import { messageItem, outputItem } from './responses-content.ts'

/** The rules of OpenAI Responses (https://platform.openai.com/docs/api-reference/responses/create). */
export const responsesHistory: HistoryValidator = (body) =>
  Place.check(body, (request) => {
    const input = request.at('input')
    if (!input.isList) return input.needText('content-empty', 'There is no input.')
    if (input.items().length === 0) input.refuse('content-empty', 'There is no input.')
    new ResponsesHistory(request).read(input.items())
  })

/** As the type file of the official client says. */
const name = /^[a-zA-Z0-9_-]{1,64}$/

class ResponsesHistory {
  readonly #stored: boolean
  /** Calls without output so far, by what they are and their id. */
  readonly #open = new Map<string, Place>()
  readonly #answered = new Set<string>()
  readonly #itemIds = new Set<string>()
  /** Programs of the model that a call says it comes from: they wait for its output themselves. */
  readonly #callers = new Set<string>()

  constructor(request: Place) {
    this.#stored = request.at('store').value !== false
  }

  read(items: readonly Place[]): void {
    for (const item of items) this.#callers.add(item.at('caller').at('caller_id').text)
    items.forEach((item, index) => this.#readItem(item, items[index + 1]))
    this.#endAnswer()
  }

  #readItem(item: Place, next: Place | undefined): void {
    const type = item.at('type').text
    this.#readItemId(item)
    if (type === 'reasoning') this.#readReasoning(item, next)
    else if (isMessage(item)) {
      if (!isAnswer(item)) this.#endAnswer()
      messageItem(item)
    } else if (type === '') item.at('type').refuse('shape', 'An item says what it is.')
    else if (type.endsWith('_output')) this.#readOutput(item, type)
    else if (
      type === 'function_call' ||
      type === 'custom_tool_call' ||
      item.at('call_id').text !== ''
    )
      this.#readCall(item, type)
  }

  /** "Duplicate item found with id …": https://github.com/earendil-works/pi/issues/5151 */
  #readItemId(item: Place): void {
    const { text } = item.at('id')
    if (text !== '' && this.#itemIds.has(text))
      item.at('id').refuse('call-id-used', `Another item has the id "${text}".`)
    this.#itemIds.add(text)
  }

  #readReasoning(item: Place, next: Place | undefined): void {
    if (!item.at('summary').isList)
      item.at('summary').refuse('shape', 'Reasoning has a list "summary".')
    // "provided without its required following item": https://github.com/vercel/ai/issues/7099
    if (!next || !isAnswer(next))
      item.refuse('state-alone', 'Reasoning has to be followed by what came of it.')
    const said = item.at('content').items().length > 0 || item.at('encrypted_content').text !== ''
    // "Items are not persisted when `store` is set to false": https://github.com/vercel/ai/issues/7543
    if (!this.#stored && !said)
      item.refuse(
        'state-missing',
        'The server kept nothing of this reasoning, and it is not sent along.',
      )
  }

  #readCall(item: Place, type: string): void {
    const id = item.at('call_id')
    // 64: https://github.com/orchidfiles/ungate/issues/26
    if (id.text === '' || id.text.length > 64)
      id.refuse('call-id', 'A "call_id" is 1 to 64 characters long.')
    const key = keyOf(type, id.text)
    if (this.#open.has(key))
      id.refuse('call-id-used', `Another call that waits for its output has the id "${id.text}".`)
    this.#open.set(key, item)
    if (type === 'function_call') readFunction(item)
    if (type === 'custom_tool_call' && typeof item.at('input').value !== 'string')
      item.at('input').refuse('call-input', 'The input of a custom tool is a text.')
  }

  /** "No tool call found for function call output with call_id" */
  #readOutput(item: Place, type: string): void {
    const { text } = item.at('call_id')
    // What the server ran itself may have no such id.
    if (text === '' && !type.startsWith('function_') && !type.startsWith('custom_')) return
    const key = keyOf(type, text)
    if (this.#open.delete(key)) this.#answered.add(key)
    else if (this.#answered.has(key))
      item.refuse('result-twice', `The call "${text}" has its output already.`)
    else
      item.refuse(
        'result-orphan',
        `No call of this kind before has the id "${text}" and no output yet.`,
      )
    if (type === 'function_call_output' || type === 'custom_tool_call_output') outputItem(item)
  }

  /**
   * "No tool output found for function call". OpenAI looks for it anywhere; servers that hand the request on
   * as Chat Completions need it before the next message of the user.
   */
  #endAnswer(): void {
    for (const [key, call] of this.#open)
      if (!this.#callers.has(call.at('call_id').text) || call.at('type').value !== 'program')
        call.refuse('result-missing', `The call "${key}" has no output before the next message.`)
    this.#open.clear()
    this.#answered.clear()
  }
}

function isMessage(item: Place): boolean {
  return (
    item.at('type').value === 'message' || (item.at('type').isAbsent && !item.at('role').isAbsent)
  )
}

/** Whether the model wrote it. */
function isAnswer(item: Place): boolean {
  if (isMessage(item)) return item.at('role').value === 'assistant'
  return !item.at('type').text.endsWith('_output')
}

/** A call and its output have the same: `function_call` and `function_call_output`, `program` and `program_output`. */
function keyOf(type: string, id: string): string {
  return `${type.replace(/_output$/, '').replace(/_call$/, '')} ${id}`
}

function readFunction(item: Place): void {
  if (!name.test(item.at('name').text))
    item.at('name').refuse('call-name', 'A name is 1 to 64 letters, digits, "_" and "-".')
  // Malformed ones spoil the conversation for good: https://github.com/local-inference-lab/vllm/issues/684
  if (!isObjectText(item.at('arguments').text))
    item.at('arguments').refuse('call-input', 'The arguments are not the JSON text of an object.')
}
