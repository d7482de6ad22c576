import type { Json } from '../base/index.ts'
import type { ModelRequest } from '../ports/index.ts'
import type { Usage } from '../protocol/index.ts'
import {
  type ScriptError,
  type ScriptPiece,
  type ScriptStep,
  errorOf,
  finishReasonOf,
  piecesOf,
  rawReasons,
} from './scripted-step.ts'

/** The answer as a Chat Completions server streams it, one SSE event a time. */
export function* wireEvents(step: ScriptStep, request: ModelRequest): Generator<string, void> {
  yield chunk({ role: 'assistant', content: null })
  for (const piece of piecesOf(step, request)) {
    const delta = deltaOf(piece)
    if (delta) yield chunk(delta)
  }
  const error = errorOf(step)
  if (error) yield sse(errorBody(error))
  else yield chunk({}, rawReasons[finishReasonOf(step)])
  if (step.usage) yield sse({ ...frame, choices: [], usage: wireUsage(step.usage) })
  yield 'data: [DONE]\n\n'
}

export function errorBody({ message, code = 'server_error' }: ScriptError): Json {
  return { error: { message, type: code, code } }
}

const frame = {
  id: 'chatcmpl-scripted',
  object: 'chat.completion.chunk',
  created: 0,
  model: 'scripted',
}

function chunk(delta: Json, reason: string | null = null): string {
  return sse({ ...frame, choices: [{ index: 0, delta, finish_reason: reason }] })
}

function sse(data: Json): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

function deltaOf(piece: ScriptPiece): Json | undefined {
  switch (piece.type) {
    case 'reasoning':
      return { reasoning_content: piece.text }
    case 'text':
      return { content: piece.text }
    case 'call': {
      const { toolCallId: id, toolName: name } = piece.call
      const opening = {
        index: piece.index,
        id,
        type: 'function',
        function: { name, arguments: '' },
      }
      return { tool_calls: [opening] }
    }
    case 'input':
      return { tool_calls: [{ index: piece.index, function: { arguments: piece.text } }] }
    case 'call-end':
      return undefined
  }
}

function wireUsage(usage: Usage): Json {
  const { inputTokens, outputTokens, totalTokens, reasoningTokens, cachedInputTokens } = usage
  return {
    ...(inputTokens !== undefined && { prompt_tokens: inputTokens }),
    ...(outputTokens !== undefined && { completion_tokens: outputTokens }),
    ...(totalTokens !== undefined && { total_tokens: totalTokens }),
    ...(cachedInputTokens !== undefined && {
      prompt_tokens_details: { cached_tokens: cachedInputTokens },
    }),
    ...(reasoningTokens !== undefined && {
      completion_tokens_details: { reasoning_tokens: reasoningTokens },
    }),
  }
}
