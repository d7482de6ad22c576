import { type ChatServerRules, chatServers } from './chat-servers.ts'
import type { HistoryValidator } from './history-validator.ts'
import { Place, isObjectText } from './place.ts'
import { ResultRun } from './result-run.ts'

/**
 * The rules of OpenAI Chat Completions (https://platform.openai.com/docs/api-reference/chat/create) and, by
 * flavor, of the servers that speak it.
 */
export const chatHistory: HistoryValidator = (body, { flavor = '' } = {}) =>
  Place.check(body, (request) => {
    const rules = Object.hasOwn(chatServers, flavor) ? chatServers[flavor] : undefined
    new ChatHistory(rules ?? {}).read(request.at('messages'))
  })

const roles = new Set(['system', 'developer', 'user', 'assistant', 'tool'])
/** "Image URLs are only allowed for messages with role 'user'": https://github.com/OpenHands/OpenHands/issues/7700 */
const media = new Set(['image_url', 'input_audio', 'file'])
/** As the type file of the official client says. */
const name = /^[a-zA-Z0-9_-]{1,64}$/

class ChatHistory {
  readonly #rules: ChatServerRules
  readonly #results = new ResultRun()
  #roleBefore: unknown

  constructor(rules: ChatServerRules) {
    this.#rules = rules
  }

  read(messages: Place): void {
    if (messages.items().length === 0) messages.refuse('content-empty', 'There are no messages.')
    for (const message of messages.items()) this.#readMessage(message)
    this.#results.end()
    const last = messages.items().at(-1)
    if (
      this.#rules.noAssistantLast &&
      this.#roleBefore === 'assistant' &&
      !last?.at('prefix').value
    )
      last?.refuse('role-order', 'This server takes no history that ends with an answer.')
  }

  #readMessage(message: Place): void {
    const role = message.at('role').value
    if (role === 'tool') this.#readResult(message)
    else {
      this.#results.end()
      if (role === 'assistant') this.#readAnswer(message)
      else if (typeof role === 'string' && roles.has(role)) this.#readSaid(message)
      else message.at('role').refuse('role', 'The role is none that the server knows.')
    }
    if (role === 'user' && this.#roleBefore === 'tool' && this.#rules.noUserAfterTool)
      message.refuse(
        'role-order',
        "This server takes no role 'user' directly behind a role 'tool'.",
      )
    this.#roleBefore = role
  }

  #readSaid(message: Place): void {
    const content = message.at('content')
    if (!content.isList) return content.needText('content-empty', 'The message says nothing.')
    const isUser = message.at('role').value === 'user'
    for (const part of this.#partsOf(content))
      if (!isUser && media.has(part.at('type').text))
        part.refuse(
          'content-kind',
          "Images, sound and files may only be in messages of the role 'user'.",
        )
      else this.#readMedia(part)
  }

  #readAnswer(message: Place): void {
    const content = message.at('content')
    const calls = message.at('tool_calls')
    const refusal = message.at('refusal').text
    for (const part of this.#partsOf(content))
      if (media.has(part.at('type').text))
        part.refuse(
          'content-kind',
          "Images, sound and files may only be in messages of the role 'user'.",
        )
    if (!content.isAbsent && !content.isList && typeof content.value !== 'string')
      content.refuse('shape', 'The content is neither text, nor a list of parts, nor null.')
    // "Assistant message must have either content or tool_calls": https://github.com/OpenHands/OpenHands/issues/8685
    // vLLM says the same: https://github.com/vllm-project/vllm/issues/21089
    if (!content.isList && content.text === '' && calls.isAbsent && refusal === '')
      message.refuse('content-empty', 'The answer has neither content nor calls.')
    if (!calls.isAbsent) this.#readCalls(message, calls)
  }

  #readCalls(message: Place, calls: Place): void {
    // "[] is too short - 'messages.1.tool_calls'"
    if (calls.items().length === 0)
      calls.refuse('shape', 'A message without calls has no "tool_calls".')
    for (const call of calls.items()) this.#readCall(call)
    if (this.#rules.reasoning)
      message
        .at('reasoning_content')
        .needText('state-missing', 'This server wants the reasoning of a message with calls back.')
  }

  #readCall(call: Place): void {
    const id = call.at('id')
    const { pattern, says = 'a text' } = this.#rules.callId ?? {}
    if (id.text === '' || pattern?.test(id.text) === false)
      id.refuse('call-id', `The id of a call has to be ${says}.`)
    this.#results.expect(id.text, call)
    if (call.at('type').value === 'custom') return this.#readCustom(call.at('custom'))
    if (call.at('type').value !== 'function')
      call.at('type').refuse('shape', 'A call has the type "function".')
    const called = call.at('function')
    if (!name.test(called.at('name').text))
      called.at('name').refuse('call-name', 'A name is 1 to 64 letters, digits, "_" and "-".')
    const input = called.at('arguments')
    // Servers parse them before they fill in their template: https://github.com/vllm-project/vllm/issues/43995
    if (!isObjectText(input.text))
      input.refuse('call-input', 'The arguments are not the JSON text of an object.')
  }

  #readCustom(custom: Place): void {
    custom.at('name').needText('call-name', 'A call has the name of its tool.')
    if (typeof custom.at('input').value !== 'string')
      custom.at('input').refuse('call-input', 'The input of a custom tool is a text.')
  }

  /** "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'" */
  #readResult(message: Place): void {
    this.#results.answer(message.at('tool_call_id').text, message)
    const content = message.at('content')
    if (!content.isList && typeof content.value !== 'string')
      content.refuse('result-content', 'The content of a result is a text or a list of texts.')
    for (const part of this.#partsOf(content))
      // LM Studio, vLLM and Qwen refuse others too: https://github.com/vllm-project/vllm/issues/43203
      if (part.at('type').value !== 'text')
        part.refuse('result-content', 'A result holds nothing but text.')
  }

  #partsOf(content: Place): readonly Place[] {
    const parts = content.items()
    // "content.0 Input should be a valid dictionary": https://github.com/strands-agents/harness-sdk/pull/1562
    if (content.isList && parts.length === 0)
      content.refuse('content-empty', 'The list of parts is empty.')
    for (const part of parts) {
      part.at('type').needText('shape', 'A part says what it is.')
      if (part.at('type').value === 'text')
        part.at('text').needText('content-empty', 'The text is empty.')
    }
    return parts
  }

  #readMedia(part: Place): void {
    const type = part.at('type').value
    if (
      type === 'image_url' &&
      !/^(https?:|data:image\/)/.test(part.at('image_url').at('url').text)
    )
      part.refuse('media', 'An image is given by its address or as data.')
    if (type !== 'file') return
    const { text } = part.at('file').at('file_data')
    if (text === '' && part.at('file').at('file_id').text === '')
      part.refuse('media', 'A file is given by its id or as data.')
    if (text !== '' && this.#rules.filesAsData && !/^data:[^,]*;base64,/.test(text))
      part.refuse('media', 'This server takes a file as data only.')
  }
}
