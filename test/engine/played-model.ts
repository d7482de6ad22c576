// Models that play what a test wrote, event by event.
import { ToolwireError } from '../../src/base/index.ts'
import type { Model, ModelEvent, ModelRequest } from '../../src/ports/index.ts'

type ModelCode = 'MODEL_NETWORK' | 'MODEL_PROTOCOL' | 'MODEL_PROVIDER' | 'MODEL_REQUEST'

export interface PlayedModel extends Model {
  readonly requests: ModelRequest[]
}

/** Answers with one list of events after the other, then with the last again. An error in a list is thrown. */
export function playedModel(
  id: string,
  ...answers: readonly (readonly (ModelEvent | Error)[])[]
): PlayedModel {
  const requests: ModelRequest[] = []
  return {
    id,
    format: 'played',
    requests,
    async *stream(request) {
      const answer = answers[Math.min(requests.length, answers.length - 1)] ?? []
      requests.push(request)
      for (const event of answer)
        if (event instanceof Error) throw event
        else yield event
    },
  }
}

export const text = (said: string): ModelEvent => ({ type: 'text-delta', text: said })

export function finish(
  reason: Extract<ModelEvent, { type: 'finish' }>['reason'] = 'stop',
  more: { readonly paused?: true } = {},
): ModelEvent {
  return { type: 'finish', reason, rawReason: null, usage: {}, ...more }
}

export function call(toolName: string, toolCallId: string = toolName): readonly ModelEvent[] {
  return [
    { type: 'tool-input-start', toolCallId, toolName },
    { type: 'tool-input-delta', toolCallId, delta: '{}' },
    { type: 'tool-input-end', toolCallId, toolName, inputText: '{}', input: {} },
  ]
}

/** A failure as adapters report it, with what they say of it beside the code. */
export function failure(
  code: ModelCode,
  says: { readonly retryable?: boolean; readonly attempts?: number } = {},
): ToolwireError {
  return Object.assign(new ToolwireError(code, `It failed with ${code}.`), says)
}

/** An answer that fails, after what came before. */
export function failing(
  error: ToolwireError,
  ...before: readonly ModelEvent[]
): readonly ModelEvent[] {
  return [...before, { type: 'error', error }, finish('error')]
}
