import type { JsonObject } from '../../src/base/index.ts'
import type { FinishReason, Model, ModelEvent, ModelRequest } from '../../src/ports/index.ts'

/** One answer of a model: its events, or a generator where the test decides when they come. */
export type Answer =
  | readonly ModelEvent[]
  | ((request: ModelRequest, signal: AbortSignal) => AsyncIterable<ModelEvent>)

export interface ScriptedAnswers extends Model {
  /** What the model was asked, oldest first. */
  readonly requests: readonly ModelRequest[]
}

/** A model that gives these answers, one for each request; after the last it says so and stops. */
export function answers(...script: readonly Answer[]): ScriptedAnswers {
  const requests: ModelRequest[] = []
  return {
    id: 'scripted',
    format: 'scripted',
    requests,
    async *stream(request) {
      const answer = script[requests.push(request) - 1] ?? [...say('No more answers.'), end('stop')]
      if (typeof answer === 'function') yield* answer(request, request.signal ?? never)
      else yield* answer
    },
  }
}

const never = new AbortController().signal

export function say(...texts: readonly string[]): ModelEvent[] {
  return texts.map((text) => ({ type: 'text-delta', text }))
}

export function ask(toolCallId: string, toolName: string, input: JsonObject): ModelEvent[] {
  const inputText = JSON.stringify(input)
  return [
    { type: 'tool-input-start', toolCallId, toolName },
    { type: 'tool-input-delta', toolCallId, delta: inputText },
    { type: 'tool-input-end', toolCallId, toolName, inputText, input },
  ]
}

export function end(reason: FinishReason): ModelEvent {
  return { type: 'finish', reason, rawReason: null, usage: {} }
}

/** Something that a test lets happen at a moment of its choice. */
export interface Gate {
  readonly passed: Promise<void>
  readonly open: () => void
}

export function gate(): Gate {
  let open = (): void => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open: () => open() }
}

/** Waits for `work`, or fails as models and handlers do when `signal` aborts. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(new Error('Aborted.'))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
  return Promise.race([work, aborted])
}
