import { type JsonObject, ToolwireError, isObject } from '../base/index.ts'
import type { FinishReason, Model, ModelEvent, ModelRequest } from '../ports/index.ts'
import type { Usage } from '../protocol/index.ts'

export interface ScriptStep {
  readonly text?: string
  readonly reasoning?: string
  readonly toolCalls?: readonly {
    readonly toolName: string
    readonly input?: JsonObject
    readonly inputText?: string
    readonly toolCallId?: string
  }[]
  readonly finishReason?: FinishReason
  readonly usage?: Usage
  readonly error?: string
  readonly deltaChars?: number
}

export function scriptedModel(
  steps:
    | readonly ScriptStep[]
    | ((request: ModelRequest, info: { readonly step: number }) => ScriptStep),
): Model & { readonly requests: readonly ModelRequest[] } {
  const requests: ModelRequest[] = []
  let n = 0
  let ids = 0
  return {
    id: 'scripted',
    format: 'scripted',
    requests,
    async *stream(request): AsyncGenerator<ModelEvent> {
      requests.push(request)
      const lastUser = request.messages.findLastIndex((m) => m.role === 'user')
      const step = Array.isArray(steps)
        ? steps[n++]
        : (steps as Function)(request, { step: request.messages.length - lastUser - 1 })
      const error = !step ? 'script exhausted' : step.error
      const chars = step?.deltaChars ?? 16
      const pieces = (t: string): string[] => t.match(new RegExp(`[^]{1,${chars}}`, 'g')) ?? []
      for (const text of pieces(step?.text ?? '')) yield { type: 'text-delta', text }
      for (const c of step?.toolCalls ?? []) {
        const toolCallId = c.toolCallId ?? `call_${++ids}`
        const inputText = c.inputText ?? JSON.stringify(c.input ?? {})
        yield { type: 'tool-input-start', toolCallId, toolName: c.toolName }
        for (const delta of pieces(inputText)) yield { type: 'tool-input-delta', toolCallId, delta }
        let input: unknown
        try {
          input = JSON.parse(inputText)
        } catch {}
        const cut = error || step?.finishReason === 'length'
        yield {
          type: 'tool-input-end',
          toolCallId,
          toolName: c.toolName,
          inputText,
          ...(isObject(input) && !cut
            ? { input: input as JsonObject }
            : { problem: cut ? 'truncated' : 'malformed' }),
        }
      }
      if (error) yield { type: 'error', error: new ToolwireError('MODEL_PROVIDER', error) }
      yield {
        type: 'finish',
        reason: error ? 'error' : (step?.finishReason ?? (step?.toolCalls ? 'tool-calls' : 'stop')),
        rawReason: null,
        usage: step?.usage ?? {},
      }
    },
  }
}
