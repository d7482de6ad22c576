import type { Place } from './place.ts'

type Check = (block: Place) => void

/** Blocks by their type, and the one role that may say them where there is only one. */
const blocks: Readonly<
  Record<string, { readonly role?: 'user' | 'assistant'; readonly check: Check }>
> = {
  text: { check: checkText },
  image: { role: 'user', check: checkImage },
  document: { role: 'user', check: checkDocument },
  tool_result: { role: 'user', check: checkResult },
  tool_use: { role: 'assistant', check: checkCall },
  thinking: { role: 'assistant', check: checkThinking },
  redacted_thinking: {
    role: 'assistant',
    check: (block) => block.at('data').needText('state-missing', 'The data is missing.'),
  },
}

/** One block of a message. A type that is not known here is the server's business. */
export function checkBlock(block: Place, role: unknown): void {
  const { text: type } = block.at('type')
  if (type === '') block.at('type').refuse('shape', 'A block says what it is.')
  if (!Object.hasOwn(blocks, type)) return
  const known = blocks[type]
  if (known?.role && known.role !== role)
    block.refuse(
      'content-kind',
      `A block of the type "${type}" may only be in messages of the role '${known.role}'.`,
    )
  known?.check(block)
}

/** "text content blocks must be non-empty": https://github.com/anthropics/claude-code/issues/62150 */
function checkText(block: Place): void {
  if (block.at('text').text.trim() === '') block.refuse('content-empty', 'The text is blank.')
}

function checkCall(block: Place): void {
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(block.at('name').text))
    block.at('name').refuse('call-name', 'A name is 1 to 128 letters, digits, "_" and "-".')
  // "Input should be a valid dictionary"; pieces of streamed JSON are none: https://github.com/1Panel-dev/MaxKB/pull/6683
  if (!block.at('input').isObject)
    block.at('input').refuse('call-input', 'The input is not an object.')
}

function checkThinking(block: Place): void {
  if (typeof block.at('thinking').value !== 'string')
    block.at('thinking').refuse('shape', 'The thinking is a text.')
  block.at('signature').needText('state-missing', 'The signature of this thinking is missing.')
}

function checkResult(block: Place): void {
  const content = block.at('content')
  if (!content.isList && !content.isAbsent && typeof content.value !== 'string')
    content.refuse('result-content', 'The content of a result is a text or a list of blocks.')
  for (const inner of content.items()) {
    const { text: type } = inner.at('type')
    if (/^(tool_use|tool_result|thinking|redacted_thinking)$/.test(type))
      inner.refuse('result-content', `A result holds no block of the type "${type}".`)
    // "all content must be type 'text' if 'is_error' is true": https://github.com/vellum-ai/vellum-assistant/pull/18387
    else if (type !== 'text' && block.at('is_error').value === true)
      inner.refuse('result-content', 'A result that is an error holds nothing but text.')
    else checkBlock(inner, 'user')
  }
}

const pictures = /^image\/(png|jpeg|gif|webp)$/

function checkImage(block: Place): void {
  checkSource(block.at('source'), (mediaType) => pictures.test(mediaType))
}

function checkDocument(block: Place): void {
  checkSource(block.at('source'), (mediaType) => mediaType === 'application/pdf')
}

function checkSource(source: Place, takes: (mediaType: string) => boolean): void {
  const { text: type } = source.at('type')
  const mediaType = source.at('media_type').text
  if (type === 'base64') {
    if (!takes(mediaType))
      source.at('media_type').refuse('media', `The server takes no "${mediaType}" here.`)
    source.at('data').needText('media', 'There is no data.')
  } else if (type === 'url') source.at('url').needText('media', 'There is no address.')
  else if (type === 'text') source.at('data').needText('content-empty', 'The text is empty.')
  else if (type === '') source.refuse('shape', 'An image or document says where it is.')
}
