import type { JsonObject } from '../base/index.ts'
import { isDeeper } from './_input-text.ts'
import { fields, parseJson } from './_json.ts'
import {
  type ModelError,
  type ProviderProblem,
  excerpt,
  protocolError,
  providerError,
  readProblem,
} from './_model-error.ts'
import type { WireEvent } from './_sse.ts'

/** No format needs a tenth of it, and what goes back to a provider has to be written again. */
const maxNesting = 512

/**
 * The JSON object that an event carries; `undefined` for half an event at the end of a cut stream, which is
 * no more than the end. Throws where nothing can be decoded after it, since something may be lost with it.
 */
export function wireObject({ data, event, last }: WireEvent): JsonObject | undefined {
  if (isDeeper(data, maxNesting))
    throw protocolError(`An event is nested deeper than ${maxNesting} levels.`)
  const value = parseJson(data)
  // Some gateways wrap an error in an array.
  if (value !== undefined) return fields(Array.isArray(value) ? value[0] : value)
  if (event === 'error') throw providerError(said(data))
  if (last) return undefined
  throw protocolError(`An event is not JSON: ${excerpt(data)}`)
}

/** The failure that an event reports, in any of the envelopes of the providers. */
export function reportedError(
  object: JsonObject,
  { event, data }: WireEvent,
): ModelError | undefined {
  const named = event === 'error' || object['type'] === 'error' || object['object'] === 'error'
  if (!named && !object['error']) return undefined
  return providerError(readProblem(object) ?? said(data))
}

/** A problem of which only a text is known. */
export function said(message: string): ProviderProblem {
  return { message: excerpt(message), code: undefined, failedGeneration: undefined }
}

/** What an answer is that was no stream and not what was asked for either. */
export function foreignDocument(object: JsonObject, data: string): ModelError {
  const problem = readProblem(object)
  return problem
    ? providerError(problem)
    : protocolError(`The answer is not of this format: ${excerpt(data)}`)
}
