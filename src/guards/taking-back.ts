import type { AnyTool } from '../tools/index.ts'

/** The call that is taken back. */
export interface TakenBack {
  readonly callId: string
  readonly input?: unknown
  readonly output: unknown
}

/**
 * What takes a call of `tool` back, as a tool, so that all stands around it that stands around a call. It begins
 * once and is not tried again; what the model is kept from doing too often is no bound for a person who takes back.
 */
export function takingBack(
  { undo, retry: _, cache: __, rateLimit: ___, toModelOutput: ____, ...tool }: AnyTool,
  { callId, input, output }: TakenBack,
): AnyTool {
  const { execute: _____, idleTimeoutMs: ______, readOnly: _r, idempotent: _i, ...rest } = tool
  return {
    ...rest,
    effect: 'once',
    // They were checked when the call was made, and when it ended.
    validateInput: async (value) => ({ value }),
    validateOutput: async (value) => ({ value }),
    ...(undo && {
      async execute(_ignored, { toolCallId, signal, principal, context, credential }) {
        await undo(output, {
          toolCallId,
          key: callId,
          input,
          signal,
          principal,
          context,
          ...(credential && { credential }),
        })
        return null
      },
    }),
  }
}
