import type { HistoryValidator } from './history-validator.ts'
import { Place } from './place.ts'

/**
 * The rules of Gemini's generateContent (https://ai.google.dev/api/generate-content), on the Gemini API and on
 * Vertex. The flavor `gemini-2` is for models before Gemini 3: they ask for no signatures, and take no images
 * in results.
 */
export const geminiHistory: HistoryValidator = (body, { flavor } = {}) =>
  Place.check(body, (request) => {
    const contents = request.at('contents')
    const all = contents.items()
    if (all.length === 0) contents.refuse('content-empty', 'There are no contents.')
    const old = flavor === 'gemini-2'
    all.forEach((content, index) => {
      checkContent(content, all[index - 1], old)
      checkCalls(content, { before: all[index - 1], next: all[index + 1] })
    })
    // "Requests ending with a model turn are not supported": https://github.com/envoyproxy/ai-gateway/pull/2686
    if (all.at(-1)?.at('role').value === 'model')
      all.at(-1)?.refuse('role-order', 'The last content is not by the user.')
    if (!old) checkSignatures(all)
  })

/** The server reads every field by either name. */
const otherNames = {
  text: 'text',
  inlineData: 'inline_data',
  fileData: 'file_data',
  functionCall: 'function_call',
  functionResponse: 'function_response',
  executableCode: 'executable_code',
  codeExecutionResult: 'code_execution_result',
  thoughtSignature: 'thought_signature',
  fileUri: 'file_uri',
  mimeType: 'mime_type',
} as const

type Field = keyof typeof otherNames

/** The fields of a part of which it has exactly one. */
const data = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
] as const

function checkContent(content: Place, before: Place | undefined, old: boolean): void {
  const role = content.at('role').value
  // "Please use a valid role: user, model."
  if (role !== 'user' && role !== 'model')
    content.at('role').refuse('role', "The role is neither 'user' nor 'model'.")
  if (!before && role === 'model')
    content.refuse('role-order', 'The first content is not by the user.')
  // "function call turn comes immediately after a user turn or after a function response turn":
  // https://github.com/google-gemini/gemini-cli/issues/11814
  if (before?.at('role').value === 'model' && role === 'model')
    content.refuse('role-order', 'Two contents of the model stand one behind the other.')
  const parts = content.at('parts')
  // "contents.parts must not be empty": https://github.com/CherryHQ/cherry-studio/pull/16196
  if (parts.items().length === 0) parts.refuse('content-empty', 'The content has no parts.')
  for (const part of parts.items()) checkPart(part, { role, old })
}

function checkPart(
  part: Place,
  { role, old }: { readonly role: unknown; readonly old: boolean },
): void {
  const held = data.filter((field) => !fieldOf(part, field).isAbsent)
  // "required oneof field 'data' must have one initialized field": https://github.com/router-for-me/CLIProxyAPI/issues/1293
  if (held.length !== 1) part.refuse('shape', 'A part holds exactly one kind of data.')
  // "it has an empty text parameter": https://github.com/Portkey-AI/gateway/issues/462; a signature may come without.
  if (
    held[0] === 'text' &&
    part.at('text').text === '' &&
    fieldOf(part, 'thoughtSignature').isAbsent
  )
    part.refuse('content-empty', 'The text is empty.')
  if (held[0] === 'inlineData' || held[0] === 'fileData') checkMedia(part)
  if (held[0] === 'functionCall') checkCall(part, role)
  if (held[0] === 'functionResponse') checkResult(part, { role, old })
}

function checkMedia(part: Place): void {
  const { text: uri } = fieldOf(fieldOf(part, 'fileData'), 'fileUri')
  const { text: bytes } = fieldOf(part, 'inlineData').at('data')
  if (uri === '' && bytes === '') part.refuse('media', 'There is neither data nor an address.')
  if (uri === '')
    fieldOf(fieldOf(part, 'inlineData'), 'mimeType').needText(
      'media',
      'The type of the data is missing.',
    )
  // An address of the data itself is none: "Unsupported file URI".
  if (uri.startsWith('data:')) part.refuse('media', 'The address is none where a file is kept.')
}

function checkCall(part: Place, role: unknown): void {
  const call = fieldOf(part, 'functionCall')
  if (role !== 'model') part.refuse('content-kind', 'Calls are in contents of the model.')
  // As the type file of the official client says.
  if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/.test(call.at('name').text))
    call
      .at('name')
      .refuse('call-name', 'A name begins with a letter or "_", and has at most 128 characters.')
  if (!call.at('args').isAbsent && !call.at('args').isObject)
    call.at('args').refuse('call-input', 'The arguments are not an object.')
  if (!fieldOf(call, 'thoughtSignature').isAbsent)
    fieldOf(call, 'thoughtSignature').refuse(
      'shape',
      'The signature stands beside the call, not in it.',
    )
}

function checkResult(
  part: Place,
  { role, old }: { readonly role: unknown; readonly old: boolean },
): void {
  const result = fieldOf(part, 'functionResponse')
  if (role !== 'user') part.refuse('content-kind', 'Results are in contents of the user.')
  // "Proto field is not repeating" or "Struct": the response is an object.
  if (!result.at('response').isObject)
    result.at('response').refuse('result-content', 'The response is not an object.')
  // Images came with Gemini 3: https://github.com/google-gemini/gemini-cli/issues/17068
  if (old && !result.at('parts').isAbsent)
    result.at('parts').refuse('result-content', 'This model takes no images and files in results.')
  for (const inner of result.at('parts').items()) checkMedia(inner)
}

/**
 * Each call has one result, in the content directly behind; where the model gave ids, results have the same.
 * "Please ensure that the number of function response parts is equal to the number of function call parts":
 * https://github.com/cloudwego/eino-ext/issues/571
 */
function checkCalls(
  content: Place,
  { before, next }: { readonly before: Place | undefined; readonly next: Place | undefined },
): void {
  const calls = partsWith(content, 'functionCall')
  const results = partsWith(content, 'functionResponse')
  const waiting = partsWith(next, 'functionResponse')
  for (const call of calls) {
    const found = waiting.findIndex((result) => answers(result, call))
    if (found < 0)
      call.refuse('result-missing', 'The call has no result in the content directly behind it.')
    else waiting.splice(found, 1)
  }
  if (results.length === 0) return
  const open = before ? partsWith(before, 'functionCall') : []
  for (const result of results) {
    const found = open.findIndex((call) => answers(result, call))
    if (found < 0)
      result.refuse('result-orphan', 'No call of the content before waits for this result.')
    else open.splice(found, 1)
  }
  // A text beside results is refused, an image breaks their count: https://github.com/decolua/9router/pull/3055
  if (results.length !== content.at('parts').items().length)
    content.refuse('result-order', 'A content with results holds nothing else.')
}

function answers(result: Place, call: Place): boolean {
  return ['id', 'name'].every((field) => result.at(field).text === call.at(field).text)
}

function fieldOf(place: Place, name: Field): Place {
  const field = place.at(name)
  return field.isAbsent ? orElse(place.at(otherNames[name]), field) : field
}

function orElse(place: Place, other: Place): Place {
  return place.isAbsent ? other : place
}

function partsWith(content: Place | undefined, field: Field): Place[] {
  const parts = content?.at('parts').items() ?? []
  return parts.map((part) => fieldOf(part, field)).filter((held) => held.isObject)
}

/**
 * "Function call is missing a thought_signature in functionCall parts": the first call of each content of the
 * turn that is under way. https://ai.google.dev/gemini-api/docs/thought-signatures
 */
function checkSignatures(contents: readonly Place[]): void {
  const spoke = contents.findLastIndex(
    (content) =>
      content.at('role').value === 'user' && partsWith(content, 'functionResponse').length === 0,
  )
  for (const content of contents.slice(spoke + 1)) {
    const first = content
      .at('parts')
      .items()
      .find((part) => fieldOf(part, 'functionCall').isObject)
    if (first)
      fieldOf(first, 'thoughtSignature').needText(
        'state-missing',
        'The first call of an answer has the signature of its thought.',
      )
  }
}
