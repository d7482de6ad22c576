import { bytesOf } from '../storage.ts'
import { damaged } from './anatomy.ts'

/** Those of ASCII, other than tab, line feed, form feed and carriage return. */
const controls = /(?![\t\n\f\r\x80-\x9f])\p{Cc}/u

/**
 * The text of a file.
 * @throws a refusal for what is not UTF-8, which other encodings with scripts in disguise are not either
 */
export async function checkText(file: Blob): Promise<string> {
  let text
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await bytesOf(file))
  } catch {
    throw damaged('text', 'it is not written in UTF-8')
  }
  if (controls.test(text)) throw damaged('text', 'it holds control characters')
  return text
}
