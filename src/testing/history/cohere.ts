import type { HistoryValidator } from './history-validator.ts'
import { Place, isObjectText } from './place.ts'
import { ResultRun } from './result-run.ts'

/** The rules of Cohere's chat API, version 2 (https://docs.cohere.com/reference/chat). */
export const cohereHistory: HistoryValidator = (body) =>
  Place.check(body, (request) => {
    const messages = request.at('messages')
    if (messages.items().length === 0) messages.refuse('content-empty', 'There are no messages.')
    const results = new ResultRun()
    for (const message of messages.items()) readMessage(message, results)
    results.end()
  })

/** What content may hold, by role. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  system: ['text'],
  user: ['text', 'image_url'],
  assistant: ['text', 'thinking'],
  tool: ['text', 'document'],
}

function readMessage(message: Place, results: ResultRun): void {
  const role = message.at('role').text
  const content = message.at('content')
  if (!Object.hasOwn(kinds, role))
    message.at('role').refuse('role', 'The role is none that the server knows.')
  const calls = message.at('tool_calls')
  readContent(content, { allowed: kinds[role] ?? [], mayBeEmpty: !calls.isAbsent })
  if (role === 'tool') {
    if (!content.isList && typeof content.value !== 'string')
      content.refuse(
        'result-content',
        'The content of a result is a text or a list of texts and documents.',
      )
    return results.answer(message.at('tool_call_id').text, message)
  }
  // Every message with calls is followed by their results: https://github.com/ethz-spylab/agentdojo/pull/200
  results.end()
  if (role === 'assistant' && !calls.isAbsent) readCalls(calls, results)
  else if (!content.isList) content.needText('content-empty', 'The message says nothing.')
}

/** Beside calls, the server takes texts that say nothing. */
function readContent(
  content: Place,
  { allowed, mayBeEmpty }: { readonly allowed: readonly string[]; readonly mayBeEmpty: boolean },
): void {
  if (content.isList && content.items().length === 0)
    content.refuse('content-empty', 'The list of parts is empty.')
  for (const part of content.items()) {
    const { text: type } = part.at('type')
    if (!allowed.includes(type))
      part.refuse('content-kind', `A part of the type "${type}" may not be here.`)
    if ((type === 'text' || type === 'thinking') && !mayBeEmpty)
      part.at(type).needText('content-empty', 'The text is empty.')
    if (type === 'image_url')
      part
        .at('image_url')
        .at('url')
        .needText('media', 'An image is given by its address or as data.')
  }
}

function readCalls(calls: Place, results: ResultRun): void {
  if (calls.items().length === 0)
    calls.refuse('shape', 'A message without calls has no "tool_calls".')
  for (const call of calls.items()) {
    call.at('id').needText('call-id', 'A call has an id.')
    if (call.at('type').value !== 'function')
      call.at('type').refuse('shape', 'A call has the type "function".')
    const called = call.at('function')
    called.at('name').needText('call-name', 'A call has the name of its tool.')
    if (!isObjectText(called.at('arguments').text))
      called
        .at('arguments')
        .refuse('call-input', 'The arguments are not the JSON text of an object.')
    results.expect(call.at('id').text, call)
  }
}
