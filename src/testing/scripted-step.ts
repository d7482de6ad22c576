import type { FinishReason, ModelRequest } from '../ports/index.ts'
import type { Usage } from '../protocol/index.ts'

/** What a scripted model answers to one request: reasoning, then text, then calls. */
export interface ScriptStep {
  readonly text?: string
  readonly reasoning?: string
  readonly toolCalls?: readonly ScriptCall[]
  /** Default `tool-calls` where there are calls, else `stop`. */
  readonly finishReason?: FinishReason
  readonly usage?: Usage
  readonly error?: string | ScriptError
  /** Characters of one streamed piece of text or input. Default 16. */
  readonly deltaChars?: number
  /** Pause between two pieces; kept by the listening server only. */
  readonly delayMs?: number
}

export interface ScriptCall {
  readonly toolName: string
  /** A value that JSON can carry. Default `{}`. */
  readonly input?: unknown
  /** The input as text, for what is no JSON. */
  readonly inputText?: string
  /** Default an id that is unique in the conversation and the same for the same request. */
  readonly toolCallId?: string
}

/** With `status`, the request is refused with it before any output; without, the answer breaks at its end. */
export interface ScriptError {
  readonly message: string
  readonly code?: string
  readonly status?: number
}

/**
 * Chooses the answer to a request. `step` counts the assistant messages since the last user message, so one
 * function serves any number of conversations at once.
 *
 * A request that came over the wire is read back into messages as far as the wire tells: a result that is
 * JSON is the `output`, one that begins with `Error:` the `errorText`, ids and metadata are not the original
 * ones, images of results are gone, and a tool whose name no wire takes has the name that the adapter gave it.
 */
export type Script = (
  request: ModelRequest,
  context: { readonly step: number },
) => ScriptStep | Promise<ScriptStep>

/** A piece of an answer, in streaming order. */
export type ScriptPiece =
  | { readonly type: 'reasoning' | 'text'; readonly text: string }
  | { readonly type: 'call'; readonly index: number; readonly call: IdentifiedCall }
  | {
      readonly type: 'input'
      readonly index: number
      readonly call: IdentifiedCall
      readonly text: string
    }
  | { readonly type: 'call-end'; readonly call: IdentifiedCall }

interface IdentifiedCall {
  readonly toolCallId: string
  readonly toolName: string
  readonly inputText: string
}

/** Which step of its turn a request asks for, from 0. */
export function stepOf({ messages }: ModelRequest): number {
  const lastUser = messages.findLastIndex((message) => message.role === 'user')
  return messages.length - lastUser - 1
}

export function* piecesOf(
  step: ScriptStep,
  { messages }: ModelRequest,
): Generator<ScriptPiece, void> {
  const { reasoning = '', text = '', toolCalls = [], deltaChars = 16 } = step
  for (const piece of split(reasoning, deltaChars)) yield { type: 'reasoning', text: piece }
  for (const piece of split(text, deltaChars)) yield { type: 'text', text: piece }
  for (const [index, { toolName, toolCallId, input = {}, inputText }] of toolCalls.entries()) {
    const call = {
      toolCallId: toolCallId ?? `call_${messages.length}_${index}`,
      toolName,
      inputText: inputText ?? JSON.stringify(input),
    }
    yield { type: 'call', index, call }
    for (const piece of split(call.inputText, deltaChars))
      yield { type: 'input', index, call, text: piece }
    yield { type: 'call-end', call }
  }
}

/** Pieces of about `size` characters, whole characters each. */
function* split(text: string, size: number): Generator<string, void> {
  let piece = ''
  for (const char of text) {
    piece += char
    if (piece.length < size) continue
    yield piece
    piece = ''
  }
  if (piece) yield piece
}

export function errorOf({ error }: ScriptStep): ScriptError | undefined {
  return typeof error === 'string' ? { message: error } : error
}

export function finishReasonOf({ finishReason, toolCalls = [] }: ScriptStep): FinishReason {
  return finishReason ?? (toolCalls.length > 0 ? 'tool-calls' : 'stop')
}

/** How Chat Completions spell why a turn ended. */
export const rawReasons: Record<FinishReason, string> = {
  stop: 'stop',
  'tool-calls': 'tool_calls',
  length: 'length',
  'content-filter': 'content_filter',
  error: 'error',
  other: 'other',
}
