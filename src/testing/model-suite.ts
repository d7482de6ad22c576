import { historyValidators } from './history-validators.ts'
import { type CreateModel, Bench } from './model-suite/bench.ts'
import { failureCases } from './model-suite/failure-cases.ts'
import { type ValidateHistory, historyCases } from './model-suite/history-cases.ts'
import type { ModelRecording, ModelRefusal, ModelStreams } from './model-suite/recording.ts'
import { requestCases } from './model-suite/request-cases.ts'
import { streamCases } from './model-suite/stream-cases.ts'
import type { SuiteCase } from './suite-case.ts'

export interface ModelSuiteOptions {
  /** Of the adapter, for the names of the cases. */
  readonly name: string
  /** Makes the adapter, anew for each case. */
  readonly create: CreateModel
  /** What the provider sends; at best recorded from it. */
  readonly streams: ModelStreams
  /** How the provider refuses a request, as for a wrong key. */
  readonly refusal: ModelRefusal
  /** Of the streams. Default `text/event-stream`. */
  readonly contentType?: string
  /** Default: the one of {@link historyValidators} for the format of the model; without one, histories are not looked at. */
  readonly validateHistory?: ValidateHistory
}

/**
 * Every promise of the `Model` port as a case, for whoever writes an adapter:
 * `for (const { name, run } of modelSuite(options)) test(name, run)`.
 *
 * The cases hold the adapter to the grammar of its events, to the same answer however the bytes are split, to
 * no call that a cut left half, to `error` events for whatever a server does, to `ABORTED` for an abort, and to
 * histories that the provider takes, with its state as it came.
 */
export function modelSuite(options: ModelSuiteOptions): readonly SuiteCase[] {
  const { name, create, streams, refusal, contentType = 'text/event-stream' } = options
  const served = { create, contentType, streams, refusal }
  const recordings = recordingsOf(streams)
  const { format } = new Bench(create, () => new Response('')).model
  const known: Readonly<Record<string, ValidateHistory>> = historyValidators
  const validate =
    options.validateHistory ?? (Object.hasOwn(known, format) ? known[format] : undefined)
  const cases = [
    ...Object.entries(recordings).flatMap(([key, recording]) =>
      streamCases(key, recording, served),
    ),
    ...requestCases(served),
    ...failureCases(served),
    ...historyCases(recordings, served, validate),
  ]
  return cases.map((each) => ({ ...each, name: `${name}: ${each.name}` }))
}

function recordingsOf({ more = {}, ...streams }: ModelStreams): Record<string, ModelRecording> {
  return {
    'a text': streams.text,
    'a call': streams.call,
    'parallel calls': streams.parallelCalls,
    'a call without input': streams.callWithoutInput,
    'an error within HTTP 200': streams.error,
    ...(streams.cutCall && { 'a call that the limit cuts': streams.cutCall }),
    ...more,
  }
}
