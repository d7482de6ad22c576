import type { Place } from './place.ts'

const roles = new Set(['system', 'developer', 'user', 'assistant'])
/** "Supported values are: 'output_text' and 'refusal'": https://github.com/jeremychone/rust-genai/pull/119 */
const answered = new Set(['output_text', 'refusal'])
const said = new Set(['input_text', 'input_image', 'input_file', 'input_audio'])

/** A message, of whichever role. */
export function messageItem(item: Place): void {
  const role = item.at('role')
  if (!roles.has(role.text)) role.refuse('role', 'The role is none that the server knows.')
  const content = item.at('content')
  if (!content.isList) return content.needText('content-empty', 'The message says nothing.')
  readParts(content, role.value === 'assistant' ? answered : said)
}

/** The output of a call: a text, which may be empty, or texts, images and files. */
export function outputItem(item: Place): void {
  const output = item.at('output')
  if (output.isList) return readParts(output, said)
  if (typeof output.value !== 'string')
    output.refuse('result-content', 'An output is a text or a list of parts.')
}

function readParts(content: Place, kinds: ReadonlySet<string>): void {
  if (content.items().length === 0) content.refuse('content-empty', 'The list of parts is empty.')
  for (const part of content.items()) {
    const type = part.at('type').text
    if (!kinds.has(type))
      part.refuse('content-kind', `A part of the type "${type}" may not be here.`)
    if (type === 'output_text' || type === 'input_text')
      part.at('text').needText('content-empty', 'The text is empty.')
    if (type === 'refusal') part.at('refusal').needText('content-empty', 'The refusal is empty.')
    if (type === 'input_image') readImage(part)
    if (type === 'input_file') readFile(part)
  }
}

function readImage(part: Place): void {
  const url = part.at('image_url').text
  // "Expected a base64-encoded data URL with an image MIME type": https://github.com/mkht/PSOpenAI/issues/43
  if (url === '' ? part.at('file_id').text === '' : !/^(https?:|data:image\/)/.test(url))
    part.refuse('media', 'An image is given by its id, its address or as data.')
}

function readFile(part: Place): void {
  const data = part.at('file_data').text
  const named = part.at('file_id').text !== '' || part.at('file_url').text !== ''
  if (data === '' && !named)
    part.refuse('media', 'A file is given by its id, its address or as data.')
  // Plain base64 is refused: https://github.com/strands-agents/harness-sdk/pull/3576
  if (data !== '' && !/^data:[^,]*;base64,/.test(data))
    part.at('file_data').refuse('media', 'The data of a file is a data URL.')
  if (data !== '') part.at('filename').needText('media', 'A file given as data has a name.')
}
