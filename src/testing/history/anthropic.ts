import { checkBlock } from './anthropic-blocks.ts'
import { checkServerTools, checkThinking } from './anthropic-turns.ts'
import type { HistoryValidator } from './history-validator.ts'
import { Place } from './place.ts'

/**
 * The rules of Anthropic Messages (https://platform.claude.com/docs/en/api/messages). The flavor `prefill` is
 * for models up to Claude 4.5, which take an answer at the end as the beginning of their own.
 */
export const anthropicHistory: HistoryValidator = (body, { flavor } = {}) =>
  Place.check(body, (request) => {
    if (typeof request.at('max_tokens').value !== 'number')
      request.at('max_tokens').refuse('shape', 'A request says how long its answer may be.')
    new AnthropicHistory(request.at('messages')).read(flavor === 'prefill')
    if (request.at('thinking').at('type').value === 'enabled') checkThinking(request.at('messages'))
  })

class AnthropicHistory {
  readonly #messages: readonly Place[]
  readonly #place: Place
  readonly #callIds = new Set<string>()
  /** Calls of the message before, that this one has to answer first of all. */
  #open = new Map<string, Place>()
  #answered = new Set<string>()

  constructor(messages: Place) {
    this.#place = messages
    this.#messages = messages.items()
  }

  read(prefill: boolean): void {
    const [first] = this.#messages
    if (!first) this.#place.refuse('content-empty', 'There are no messages.')
    // "first message must use the "user" role": https://github.com/lobehub/lobehub/issues/1601
    if (first && first.at('role').value !== 'user')
      first.refuse('role-order', "The first message has to have the role 'user'.")
    for (const message of this.#messages) this.#readMessage(message)
    this.#endResults()
    checkServerTools(this.#messages)
    const last = this.#messages.at(-1)
    if (last?.at('role').value === 'assistant') checkLast(last, prefill)
  }

  #readMessage(message: Place): void {
    const role = message.at('role')
    const content = message.at('content')
    // "unknown variant `system`, expected `user` or `assistant`"
    if (role.value !== 'user' && role.value !== 'assistant')
      role.refuse('role', "The role is neither 'user' nor 'assistant'.")
    const expected = this.#open
    this.#open = new Map()
    this.#answered = new Set()
    // "all messages must have non-empty content": https://github.com/anthropics/claude-code/issues/6774
    if (!content.isList) content.needText('content-empty', 'The message says nothing.')
    else if (content.items().length === 0)
      content.refuse('content-empty', 'The message says nothing.')
    if (!content.isList && content.text !== '' && content.text.trim() === '')
      content.refuse('content-empty', 'The text is blank.')
    this.#readResults(content, expected)
    for (const block of content.items()) this.#readBlock(block, role.value)
  }

  #readBlock(block: Place, role: unknown): void {
    checkBlock(block, role)
    if (block.at('type').value !== 'tool_use') return
    const id = block.at('id')
    // "String should match pattern '^[a-zA-Z0-9_-]+$'": https://github.com/maximhq/bifrost/issues/5097
    if (!/^[a-zA-Z0-9_-]+$/.test(id.text))
      id.refuse('call-id', 'An id is letters, digits, "_" and "-".')
    // "`tool_use` ids must be unique": https://github.com/NVIDIA-NeMo/Switchyard/issues/502
    if (this.#callIds.has(id.text))
      id.refuse('call-id-used', `Another call of this request has the id "${id.text}".`)
    this.#callIds.add(id.text)
    this.#open.set(id.text, block)
  }

  /** Results stand in the one message behind the calls, and there before everything else. */
  #readResults(content: Place, expected: Map<string, Place>): void {
    let saidElse = false
    for (const block of content.items()) {
      if (block.at('type').value !== 'tool_result') {
        saidElse = true
        continue
      }
      const id = block.at('tool_use_id').text
      // "unexpected `tool_use_id` found in `tool_result` blocks": https://github.com/anthropics/claude-code/issues/18947
      if (this.#answered.has(id))
        block.refuse('result-twice', `The call "${id}" has its result already.`)
      else if (!expected.delete(id))
        block.refuse('result-orphan', `No call of the message before has the id "${id}".`)
      else if (saidElse)
        block.refuse('result-order', 'Results stand before everything else in their message.')
      this.#answered.add(id)
    }
    // "`tool_use` ids were found without `tool_result` blocks immediately after":
    // https://github.com/anthropics/anthropic-sdk-typescript/issues/653
    for (const [id, call] of expected)
      call.refuse(
        'result-missing',
        `The call "${id}" has no result in the message directly behind it.`,
      )
  }

  #endResults(): void {
    for (const [id, call] of this.#open)
      call.refuse(
        'result-missing',
        `The call "${id}" has no result in the message directly behind it.`,
      )
  }
}

/** What may end a request that asks the model to go on with its own answer. */
function checkLast(message: Place, prefill: boolean): void {
  const last = message.at('content').items().at(-1)
  const type = last?.at('type').text ?? 'text'
  const text = last ? last.at('text').text : message.at('content').text
  // "The final block in an assistant message cannot be `thinking`": https://github.com/router-for-me/CLIProxyAPI/issues/5321
  if (type.endsWith('thinking'))
    last?.refuse('state-alone', 'Thinking cannot be the end of a request.')
  // "final assistant content cannot end with trailing whitespace": https://github.com/tailcallhq/forgecode/issues/1872
  if (text !== text.trimEnd()) message.refuse('content-empty', 'The end of the request is blank.')
  // "The conversation must end with a user message": https://github.com/ericc-ch/copilot-api/pull/261
  const goesOn = type === 'tool_use' || type.endsWith('_tool_use') || type.endsWith('_tool_result')
  if (!prefill && !goesOn)
    message.refuse(
      'role-order',
      "The last message has to have the role 'user', unless the server paused.",
    )
}
