import { type Json, type JsonObject, ToolwireError, isObject } from '../base/index.ts'
import type { FinishReason, ModelEvent, ModelRequest } from '../ports/index.ts'
import {
  type ScriptPiece,
  type ScriptStep,
  errorOf,
  finishReasonOf,
  piecesOf,
  rawReasons,
} from './scripted-step.ts'

type InputEnd = Extract<ModelEvent, { type: 'tool-input-end' }>

/** The answer as a model adapter would decode it. */
export function* modelEvents(step: ScriptStep, request: ModelRequest): Generator<ModelEvent, void> {
  const error = errorOf(step)
  let cut = false
  if (!error?.status)
    for (const piece of piecesOf(step, request)) {
      const event = eventOf(piece, step)
      cut ||= event.type === 'tool-input-end' && event.problem === 'truncated'
      yield event
    }
  if (error)
    yield {
      type: 'error',
      error: new ToolwireError(error.status ? 'MODEL_REQUEST' : 'MODEL_PROVIDER', error.message, {
        hint: 'The script says so: give it another step, or expect the error.',
      }),
    }
  yield {
    type: 'finish',
    reason: error ? 'error' : neutralReason(step, cut),
    rawReason: error ? null : rawReasons[finishReasonOf(step)],
    usage: step.usage ?? {},
  }
}

function eventOf(piece: ScriptPiece, step: ScriptStep): ModelEvent {
  switch (piece.type) {
    case 'reasoning':
      return { type: 'reasoning-delta', text: piece.text }
    case 'text':
      return { type: 'text-delta', text: piece.text }
    case 'call': {
      const { toolCallId, toolName } = piece.call
      return { type: 'tool-input-start', toolCallId, toolName }
    }
    case 'input':
      return { type: 'tool-input-delta', toolCallId: piece.call.toolCallId, delta: piece.text }
    case 'call-end':
      return { type: 'tool-input-end', ...piece.call, ...read(piece.call.inputText, step) }
  }
}

function read(text: string, step: ScriptStep): Pick<InputEnd, 'input' | 'problem'> {
  if (step.error !== undefined) return { problem: 'truncated' }
  const input = objectOf(text)
  if (input) return { input }
  return { problem: step.finishReason === 'length' ? 'truncated' : 'malformed' }
}

function objectOf(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** As an adapter decides: what was decoded counts for more than what the server calls it. */
function neutralReason(step: ScriptStep, cut: boolean): FinishReason {
  const reason = finishReasonOf(step)
  if (reason === 'content-filter') return reason
  if (cut || reason === 'length') return 'length'
  return step.toolCalls?.length ? 'tool-calls' : reason
}
