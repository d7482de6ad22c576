import type { ModelEvent } from '../ports/index.ts'
import { abortedError } from './_http.ts'
import { type ModelError, toModelError } from './_model-error.ts'
import { type ReadContext, type WireEvent, readEvents } from './_sse.ts'

/** Turns the events of one answer into what the model says. Throws for what it cannot go on after. */
export interface StreamDecoder {
  push(event: WireEvent): void
  /** The answer is over; decides whether it was complete. */
  end(): void
  /** The answer failed. */
  fail(error: ModelError): void
  /** What was decoded since the last call. */
  take(): readonly ModelEvent[]
}

/** Sends one request and decodes its answer; the promises of {@link Model.stream} are kept here. */
export async function* streamAnswer(
  send: () => Promise<Response>,
  decoder: StreamDecoder,
  context: ReadContext,
): AsyncGenerator<ModelEvent, void, undefined> {
  const { signal } = context
  try {
    const { body } = await send()
    for await (const event of body ? readEvents(body, context) : []) {
      if (signal?.aborted) break
      decoder.push(event)
      yield* decoder.take()
    }
    decoder.end()
  } catch (error) {
    decoder.fail(toModelError(error))
  }
  if (signal?.aborted) throw abortedError(signal)
  yield* decoder.take()
}
