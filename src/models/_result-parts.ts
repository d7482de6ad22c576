import type { ResultPart, ToolPart } from '../protocol/index.ts'
import { failureText } from './_history.ts'
import { emptyFile } from './_said.ts'

/** The one result of a call as the model sees it, whatever state the call is in. */
export function resultParts(part: ToolPart): readonly ResultPart[] {
  const shown = shownOutput(part)
  if (shown) return shown
  const { state, output } = part
  if (state !== 'output-available') return [{ type: 'text', text: failureText(part) }]
  return [
    { type: 'text', text: typeof output === 'string' ? output : JSON.stringify(output ?? null) },
  ]
}

/** What a tool made of its output for models, where it did; a file without data is told of. */
export function shownOutput({ modelOutput }: ToolPart): readonly ResultPart[] | undefined {
  return modelOutput?.map((part) =>
    'data' in part && part.data === '' ? emptyFile(part.mediaType, filenameOf(part)) : part,
  )
}

function filenameOf(part: ResultPart): string | undefined {
  return part.type === 'file' ? part.filename : undefined
}

/** A result that is text alone, as one text. */
export function plainText(parts: readonly ResultPart[]): string | undefined {
  const texts = parts.map(textOf)
  return texts.includes(undefined) ? undefined : texts.join('\n')
}

/** What a part says as text; nothing for an image or a file. */
export function textOf(part: ResultPart): string | undefined {
  if (part.type === 'text') return part.text
  return part.type === 'json' ? JSON.stringify(part.value) : undefined
}
