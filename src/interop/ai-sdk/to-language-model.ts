import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  SharedV4Warning,
} from '@ai-sdk/provider'
import { ToolwireError } from '../../base/index.ts'
import type { Model, ModelEvent } from '../../ports/index.ts'
import { gather } from './generate.ts'
import { PartWriter } from './part-writer.ts'
import { readCallOptions } from './read-call.ts'

/**
 * A {@link Model} as a language model of the AI SDK, version 4 of its provider interface, for `streamText`,
 * `generateText`, agents and middleware. Its options stand under `providerOptions.toolwire`.
 *
 * What a request asks for that a {@link Model} has no word for is reported as a warning. A request that
 * is refused rejects, a failure within an answer is an `error` part, and an abort throws the signal's reason.
 */
export function toLanguageModel(model: Model): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: `toolwire.${model.format}`,
    modelId: model.id,
    // Not every adapter takes URLs, so the AI SDK downloads what stands behind them.
    supportedUrls: {},
    doStream: (options) => answer(model, options),
    async doGenerate(options): Promise<LanguageModelV4GenerateResult> {
      const { stream } = await answer(model, options)
      return gather(stream)
    },
  }
}

/** Failures before an answer, for which the AI SDK's own providers reject. */
const unanswered: readonly string[] = ['MODEL_REQUEST', 'MODEL_NETWORK']

async function answer(
  model: Model,
  options: LanguageModelV4CallOptions,
): Promise<LanguageModelV4StreamResult> {
  const { request, warnings } = readCallOptions(options, model)
  const controller = new AbortController()
  const { abortSignal } = options
  const signal = abortSignal ? AbortSignal.any([abortSignal, controller.signal]) : controller.signal
  const events = asked(model.stream({ ...request, signal }), abortSignal)
  const first = await events.next()
  if (!first.done && first.value.type === 'error' && unanswered.includes(first.value.error.code)) {
    await events.return()
    throw first.value.error
  }
  const parts = written(first, events, { warnings, model })
  return { stream: streamOf(parts, () => controller.abort()) }
}

/** The events of an answer. The AI SDK knows an abort by the reason of its signal. */
async function* asked(
  events: AsyncIterable<ModelEvent>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ModelEvent, void, undefined> {
  try {
    yield* events
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  }
}

async function* written(
  first: IteratorResult<ModelEvent, void>,
  events: AsyncGenerator<ModelEvent, void, undefined>,
  { warnings, model }: { readonly warnings: SharedV4Warning[]; readonly model: Model },
): AsyncGenerator<LanguageModelV4StreamPart, void, undefined> {
  const writer = new PartWriter(model.id)
  try {
    yield { type: 'stream-start', warnings }
    for (let next = first; !next.done; next = await events.next()) {
      writer.push(next.value)
      yield* writer.take()
    }
  } finally {
    await events.return()
  }
  if (!writer.finished)
    throw new ToolwireError(
      'MODEL_PROTOCOL',
      `The model "${model.id}" ended without a finish event.`,
      {
        hint: 'A Model ends every stream with one `finish` event; see the Model port.',
      },
    )
}

function streamOf<T>(
  parts: AsyncGenerator<T, void, undefined>,
  abort: () => void,
): ReadableStream<T> {
  return new ReadableStream<T>({
    async pull(controller) {
      const { done, value } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      abort()
      await parts.return()
    },
  })
}
