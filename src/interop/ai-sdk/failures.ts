import { type Json, type ToolwireError, isObject, isToolwireError } from '../../base/index.ts'
import {
  ModelError,
  excerpt,
  hintFor,
  parseJson,
  protocolError,
  providerError,
  readProblem,
  retryAfter,
} from '../../models/index.ts'

/** Why a model of the AI SDK did not begin to answer. `now` is the wall clock, in milliseconds. */
export function requestFailure(error: unknown, now: number): ToolwireError {
  if (isToolwireError(error)) return error
  const { statusCode, isRetryable, responseHeaders } = propertiesOf(error)
  if (typeof statusCode === 'number')
    return new ModelError(
      'MODEL_REQUEST',
      `The model server answered ${statusCode}: ${messageOf(error)}`,
      {
        hint: hintFor(statusCode),
        status: statusCode,
        retryable: isRetryable === true,
        retryAfterMs: retryAfter(headersOf(responseHeaders), now),
        providerCode: codeOf(error),
        cause: error,
      },
    )
  if (typeof isRetryable === 'boolean')
    return new ModelError(
      'MODEL_NETWORK',
      `The model server was not reached: ${messageOf(error)}`,
      {
        hint: 'Check the base URL of the provider and the network.',
        retryable: isRetryable,
        attempts: 1,
        cause: error,
      },
    )
  return new ModelError(
    'MODEL_REQUEST',
    `The AI SDK model refused the request: ${messageOf(error)}`,
    {
      hint: 'Check the options of the provider and whether the model takes what stands in the messages.',
      cause: error,
    },
  )
}

/** What an `error` part of a stream reports: anything, and of some providers the JSON that they sent. */
export function reportedFailure(error: unknown): ToolwireError {
  if (isToolwireError(error)) return error
  if (isOfAiSdk(error)) return protocolError(`The AI SDK reports: ${messageOf(error)}`, error)
  const problem = error instanceof Error ? undefined : readProblem(jsonOf(error))
  return providerError(
    problem ?? { message: messageOf(error), code: undefined, failedGeneration: undefined },
  )
}

/** Why a stream could not be read to its end. */
export function brokenStream(error: unknown): ToolwireError {
  if (isToolwireError(error)) return error
  if (isOfAiSdk(error)) return protocolError(`The AI SDK reports: ${messageOf(error)}`, error)
  return new ModelError('MODEL_NETWORK', 'The stream of the AI SDK model broke off.', {
    hint: 'Send the request again; half-received calls are not run.',
    retryable: true,
    cause: error,
  })
}

/** A stream that ended before its model was done. */
export function endedEarly(): ToolwireError {
  return protocolError('The answer stopped before the model was done.')
}

function propertiesOf(error: unknown): Record<string, unknown> {
  return isObject(error) ? error : {}
}

// Their errors are known by a mark, since there may be several copies of the package.
function isOfAiSdk(error: unknown): boolean {
  return isObject(error) && Symbol.for('vercel.ai.error') in error
}

function messageOf(error: unknown): string {
  const { message } = propertiesOf(error)
  if (typeof message === 'string') return message
  return excerpt(typeof error === 'string' ? error : (JSON.stringify(error) ?? 'nothing'))
}

function codeOf(error: unknown): string | undefined {
  const { responseBody } = propertiesOf(error)
  return typeof responseBody === 'string' ? readProblem(parseJson(responseBody))?.code : undefined
}

function headersOf(headers: unknown): Headers {
  const texts = Object.entries(propertiesOf(headers)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return new Headers(texts)
}

function jsonOf(value: unknown): Json | undefined {
  return parseJson(JSON.stringify(value) ?? '')
}
