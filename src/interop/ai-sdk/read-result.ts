import type { LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import type { ResultPart, ToolPart } from '../../protocol/index.ts'
import { base64Of, fullMediaType, urlOf } from './file-data.ts'

export type ResultOutput = LanguageModelV4ToolResultOutput
type OutputItem = Extract<ResultOutput, { type: 'content' }>['value'][number]

type Outcome = Pick<ToolPart, 'state' | 'output' | 'modelOutput' | 'errorText'>

/** How a call ended, as its result in a prompt says. */
export function outcomeOf(output: ResultOutput): Outcome {
  switch (output.type) {
    case 'text':
    case 'json':
      return { state: 'output-available', output: output.value }
    case 'content':
      return { state: 'output-available', modelOutput: output.value.flatMap(resultPart) }
    case 'execution-denied':
      return {
        state: 'denied',
        ...(output.reason !== undefined && { errorText: output.reason }),
      }
    case 'error-text':
      // Every adapter writes it before an error.
      return { state: 'output-error', errorText: output.value.replace(/^Error: /, '') }
    case 'error-json':
      return { state: 'output-error', errorText: JSON.stringify(output.value) }
  }
}

function resultPart(item: OutputItem): ResultPart[] {
  if (item.type === 'text') return [{ type: 'text', text: item.text }]
  if (item.type !== 'file') return []
  const { data, filename } = item
  if (data.type === 'text') return [{ type: 'text', text: data.text }]
  const content = base64Of(data)
  // A result holds no URL that a model could follow by itself.
  if (content === undefined)
    return [{ type: 'text', text: urlOf(data, item.mediaType) ?? '[file]' }]
  const mediaType = fullMediaType(item.mediaType, content)
  return mediaType.startsWith('image/')
    ? [{ type: 'image', mediaType, data: content }]
    : [{ type: 'file', mediaType, data: content, ...(filename !== undefined && { filename }) }]
}
