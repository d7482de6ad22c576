import type { ResultPart } from '../protocol/index.ts'

/** The name of the tool with which a model reads what was left out. */
export const readResultName = 'read_result'

/**
 * Head and tail of what is too long for the model, with how to read the rest. All text together has at most
 * `cap` characters beside the notes; images and files are never cut.
 */
export function cutView(
  parts: readonly ResultPart[],
  { cap, handle }: { readonly cap: number; readonly handle: string },
): readonly ResultPart[] {
  if (textOf(parts).length <= cap) return parts
  let room = cap
  let offset = 0
  return parts.map((part) => {
    const text = partText(part)
    if (text === null) return part
    const from = offset
    offset += text.length + 1
    const share = Math.min(room, text.length)
    room -= share
    return share === text.length ? part : { type: 'text', text: cut(text, share, { handle, from }) }
  })
}

/** All that is text in a view, which is what the handle pages through. */
export function textOf(parts: readonly ResultPart[]): string {
  return parts
    .map(partText)
    .filter((text) => text !== null)
    .join('\n')
}

/** The call with which the model goes on reading result `handle`. */
function readOn(handle: string, offset: number): string {
  return `${readResultName} ${JSON.stringify({ result: handle, offset })}`
}

/** `text` from `from` on, at most `length` characters, never half of one. */
export function pieceOf(text: string, from: number, length: number): string {
  const piece = text.slice(from, from + length)
  const isSplit = /[\uD800-\uDBFF]$/.test(piece) && piece.length > 1 && from + length < text.length
  return isSplit ? piece.slice(0, -1) : piece
}

function cut(
  text: string,
  share: number,
  { handle, from }: { readonly handle: string; readonly from: number },
): string {
  const head = pieceOf(text, 0, Math.ceil(share / 2))
  const tail = text.slice(text.length - Math.floor(share / 2)).replace(/^[\uDC00-\uDFFF]/, '')
  const left = text.length - head.length - tail.length
  const note = `[… ${left} of ${text.length} characters left out; to read on: ${readOn(handle, from + head.length)} …]`
  return [head, note, tail].filter((piece) => piece !== '').join('\n')
}

function partText(part: ResultPart): string | null {
  if (part.type === 'text') return part.text
  return part.type === 'json' ? JSON.stringify(part.value) : null
}
