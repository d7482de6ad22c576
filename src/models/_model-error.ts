import { type ErrorCode, type JsonObject, ToolwireError, isObject } from '../base/index.ts'
import { type Foreign, isText, items } from './_json.ts'

/** Codes of failures that pass. */
const temporary = /^(408|409|429|5\d\d)$|overload|rate_limit|server_error|timeout|unavailable/i

/** What a model server said about a failure. */
export interface ModelErrorDetails {
  readonly hint: string
  readonly status?: number | undefined
  readonly retryable?: boolean
  readonly retryAfterMs?: number | undefined
  readonly attempts?: number
  readonly providerCode?: string | undefined
  readonly failedGeneration?: string | undefined
  readonly cause?: unknown
}

/** A failure of the model server or of the way to it. */
export class ModelError extends ToolwireError {
  /** HTTP status, where the server answered with one. */
  readonly status: number | undefined
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
  /** How long the server asked to wait. */
  readonly retryAfterMs: number | undefined
  /** How many requests were sent, where none was answered: who asks again adds to them. */
  readonly attempts: number | undefined
  /** The provider's own code, as in `rate_limit_exceeded`. */
  readonly providerCode: string | undefined
  /** What the model wrote where the provider refused it for that, as Groq does. */
  readonly failedGeneration: string | undefined

  constructor(code: ErrorCode, message: string, details: ModelErrorDetails) {
    super(code, message, details)
    this.status = details.status
    this.retryable = details.retryable ?? false
    this.retryAfterMs = details.retryAfterMs
    this.attempts = details.attempts
    this.providerCode = details.providerCode
    this.failedGeneration = details.failedGeneration
  }
}

/** What an error body says, whichever provider wrote it. */
export interface ProviderProblem {
  readonly message: string
  readonly code: string | undefined
  readonly failedGeneration: string | undefined
}

/**
 * Reads the error envelopes of the providers: `{error: {message, type, code}}`, `{error: "…"}`,
 * `{type: "error", error: {…}}`, the same in an array, and a bare `{message}` or `{detail}`.
 */
export function readProblem(body: Foreign): ProviderProblem | undefined {
  const outer = items(body)[0] ?? body
  if (!isObject(outer)) return undefined
  const inner = outer['error'] || outer
  const problem = isObject(inner) ? inner : { message: inner }
  const code = firstText(problem, ['code', 'status', 'type'])
  const message = firstText(problem, ['message', 'detail']) ?? (inner === outer ? undefined : code)
  if (message === undefined) return undefined
  return { message, code, failedGeneration: firstText(problem, ['failed_generation']) }
}

/** The failure that a provider reports inside an answer that began well. */
export function providerError(problem: ProviderProblem): ModelError {
  const { message, code, failedGeneration } = problem
  const wrote = failedGeneration ? ` The model wrote: ${excerpt(failedGeneration, 2000)}` : ''
  return new ModelError('MODEL_PROVIDER', `The provider reports: ${message}${wrote}`, {
    hint: 'The provider failed after it had begun to answer; send the request again.',
    retryable: code === undefined || temporary.test(code),
    providerCode: code,
    failedGeneration,
  })
}

/** An answer that breaks the rules of its format. */
export function protocolError(message: string, cause?: unknown): ModelError {
  return new ModelError('MODEL_PROTOCOL', message, {
    hint: 'Check that "baseURL" is the API of this wire format, with no gateway that changes its streams.',
    retryable: true,
    cause,
  })
}

/** Any failure as a {@link ModelError}, so that nothing a server sends is thrown at the caller. */
export function toModelError(error: unknown): ModelError {
  return error instanceof ModelError
    ? error
    : protocolError('The answer of the model server could not be read.', error)
}

/** The beginning of `value`, for an error message. */
export function excerpt(value: string, length = 200): string {
  return value.length > length ? `${value.slice(0, length)}…` : value
}

/** For rejections that say nothing new: a stream that is being thrown away may fail in any way. */
export function ignore(): void {}

function firstText(problem: JsonObject, names: readonly string[]): string | undefined {
  const values = names.map((name) => problem[name])
  return values.map((value) => (typeof value === 'number' ? `${value}` : value)).find(isText)
}
