import type { ResultPart, ToolPart } from '../protocol/index.ts'
import { failureText } from './_history.ts'

/** The one result of a call as the model sees it, whatever state the call is in. */
export function resultParts(part: ToolPart): readonly ResultPart[] {
  if (part.modelOutput) return part.modelOutput
  const { state, output } = part
  if (state !== 'output-available') return [{ type: 'text', text: failureText(part) }]
  return [
    { type: 'text', text: typeof output === 'string' ? output : JSON.stringify(output ?? null) },
  ]
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
