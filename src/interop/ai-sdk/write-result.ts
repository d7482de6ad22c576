import type { JSONValue, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import { failureText } from '../../models/index.ts'
import type { ResultPart, ToolPart } from '../../protocol/index.ts'

type Output = LanguageModelV4ToolResultOutput
type OutputItem = Extract<Output, { type: 'content' }>['value'][number]

/** The one result of a call, whatever state the call is in. */
export function resultOutput(part: ToolPart): Output {
  const { state, output, modelOutput, errorText, approval } = part
  if (modelOutput) return contentOutput(modelOutput)
  if (state === 'denied') {
    const reason = errorText ?? approval?.reason
    return { type: 'execution-denied', ...(reason !== undefined && { reason }) }
  }
  if (state !== 'output-available') return { type: 'error-text', value: failureText(part) }
  // What a tool gives is JSON, since it came over a wire or is about to be stored.
  return typeof output === 'string'
    ? { type: 'text', value: output }
    : { type: 'json', value: (output ?? null) as JSONValue }
}

function contentOutput(parts: readonly ResultPart[]): Output {
  const [only] = parts
  if (only && parts.length === 1) {
    if (only.type === 'text') return { type: 'text', value: only.text }
    if (only.type === 'json') return { type: 'json', value: only.value }
  }
  return { type: 'content', value: parts.map(outputItem) }
}

function outputItem(part: ResultPart): OutputItem {
  if (part.type === 'text') return { type: 'text', text: part.text }
  if (part.type === 'json') return { type: 'text', text: JSON.stringify(part.value) }
  const { mediaType, data } = part
  const filename = part.type === 'file' && part.filename ? { filename: part.filename } : {}
  return { type: 'file', mediaType, data: { type: 'data', data }, ...filename }
}
