import type { HistoryValidator } from './history-validator.ts'
import { Place } from './place.ts'
import { ResultRun } from './result-run.ts'

/**
 * The rules of Ollama's `/api/chat` (https://github.com/ollama/ollama/blob/main/docs/api.md). The server itself
 * checks types alone; the templates of the models want calls and results in pairs as everywhere.
 */
export const ollamaHistory: HistoryValidator = (body) =>
  Place.check(body, (request) => {
    const messages = request.at('messages')
    if (messages.items().length === 0) messages.refuse('content-empty', 'There are no messages.')
    new OllamaHistory().read(messages.items())
  })

class OllamaHistory {
  readonly #results = new ResultRun()
  /** How often each tool without an id was called and answered in this run. */
  #called = new Map<string, number>()
  #answered = new Map<string, number>()

  read(messages: readonly Place[]): void {
    for (const message of messages) this.#readMessage(message)
    this.#results.end()
  }

  #readMessage(message: Place): void {
    const role = message.at('role').value
    const content = message.at('content')
    // "cannot unmarshal array into Go struct field ChatRequest.messages.content of type string":
    // https://github.com/ollama/ollama/issues/6451
    if (!content.isAbsent && typeof content.value !== 'string')
      content.refuse('shape', 'The content is a text.')
    for (const image of message.at('images').items())
      // "illegal base64 data": an image is its bytes, not an address.
      if (!/^[A-Za-z0-9+/]+={0,2}$/.test(image.text)) image.refuse('media', 'An image is base64.')
    if (role === 'tool') return this.#readResult(message)
    this.#results.end()
    this.#called = new Map()
    this.#answered = new Map()
    if (role === 'assistant') this.#readAnswer(message)
    else if (role !== 'user' && role !== 'system')
      message.at('role').refuse('role', 'The role is none that the server knows.')
    else if (content.text === '' && message.at('images').items().length === 0)
      message.refuse('content-empty', 'The message says nothing.')
  }

  #readAnswer(message: Place): void {
    const calls = message.at('tool_calls').items()
    if (calls.length === 0 && message.at('content').text === '')
      message.refuse('content-empty', 'The answer has neither content nor calls.')
    for (const call of calls) {
      const called = call.at('function')
      called.at('name').needText('call-name', 'A call has the name of its tool.')
      // "cannot unmarshal string into Go struct field … of type api.ToolCallFunctionArguments":
      // https://github.com/neuron-core/neuron-ai/issues/219
      if (!called.at('arguments').isObject)
        called.at('arguments').refuse('call-input', 'The arguments are an object.')
      this.#results.expect(
        call.at('id').text || countedId(called.at('name').text, this.#called),
        call,
      )
    }
  }

  #readResult(message: Place): void {
    const id = message.at('tool_call_id').text
    if (typeof message.at('content').value !== 'string')
      message.at('content').refuse('result-content', 'The content of a result is a text.')
    this.#results.answer(id || countedId(message.at('tool_name').text, this.#answered), message)
  }
}

/** Calls and results of old versions have no ids: the first result of a tool is of its first call. */
function countedId(name: string, counts: Map<string, number>): string {
  const count = (counts.get(name) ?? 0) + 1
  counts.set(name, count)
  return `${name} ${count}`
}
