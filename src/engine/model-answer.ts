import { ToolwireError, isToolwireError, pause } from '../base/index.ts'
import type { Model, ModelRequest, ToolChoice } from '../ports/index.ts'
import type { ToolDescriptor } from '../protocol/index.ts'
import { type AttendOptions, attendedStream } from './attended-stream.ts'
import type { LiveDraft } from './live-draft.ts'
import type { ModelRetry } from './options.ts'
import { StepContent } from './step-content.ts'
import type { ToolCheck } from './tool-check.ts'

/** What a model said to one request. */
export interface ModelAnswer {
  readonly model: Model
  readonly content: StepContent
  /** Names of the tools that this model was offered. */
  readonly offered: ReadonlySet<string>
  /** Why it is no whole answer; `null` where it is one. */
  readonly error: unknown
}

/** Something that went wrong at one model, and did not end the step. */
export interface ModelReport {
  readonly error: unknown
  readonly modelId: string
  readonly toolName?: string
}

export interface AskOptions extends AttendOptions {
  readonly retry: Required<ModelRetry>
  readonly toolCheck: ToolCheck
  readonly draft: LiveDraft
  /** Whether it is an answer to say nothing, as after the results of a call. */
  readonly maySayNothing: boolean
  readonly onReport: (report: ModelReport) => void
  /** Stands around each request, and gives back what was answered. */
  readonly observed: (model: Model, request: () => Promise<ModelAnswer>) => Promise<ModelAnswer>
}

/** The failures that may pass by themselves; what was refused is refused again. */
const passing: readonly string[] = ['MODEL_NETWORK', 'MODEL_PROVIDER', 'MODEL_PROTOCOL']

/**
 * Asks models, in their order, until one begins to answer: each once, the last as often as `retry` allows.
 * Whatever was emitted is the answer, whole or not, since it was shown and may have been paid for. The
 * failure of the last attempt stands in the answer; those before it are reported.
 */
export async function askModels(
  models: readonly Model[],
  request: ModelRequest,
  options: AskOptions,
): Promise<ModelAnswer> {
  const last = models.at(-1)
  if (!last)
    throw new ToolwireError('INVALID_OPTIONS', 'There is no model to ask: the list is empty.', {
      hint: 'Return at least one model from `selectModel`.',
    })
  for (const model of models.slice(0, -1)) {
    const answer = await ask(model, request, options)
    if (isFinal(answer, options)) return answer
    options.onReport({ error: answer.error, modelId: model.id })
  }
  return askPatiently(last, request, options)
}

async function askPatiently(
  model: Model,
  request: ModelRequest,
  options: AskOptions,
): Promise<ModelAnswer> {
  const { retry, world, signal } = options
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(model, request, options)
    const isLast = attempt >= retry.attempts || !mayPass(answer.error)
    if (isLast || isFinal(answer, options)) return answer
    options.onReport({ error: answer.error, modelId: model.id })
    const backoff = Math.min(retry.maxDelayMs, retry.minDelayMs * 2 ** (attempt - 1))
    await pause(backoff * (1 - world.random() / 4), { world, signal })
    if (signal.aborted) return answer
  }
}

/** Whether no other attempt may follow: it is an answer, some of it was shown, or nobody waits for it. */
function isFinal({ error, content }: ModelAnswer, { signal }: AskOptions): boolean {
  return error === null || !content.isEmpty || signal.aborted
}

/** Whether the same model may answer the same request after a pause, as far as the error tells. */
function mayPass(error: unknown): boolean {
  if (!isToolwireError(error) || !passing.includes(error.code)) return false
  // Errors of adapters are subclasses, in a room that is closed to this one.
  const { retryable, attempts = 1 } = error as ToolwireError & Prospects
  // An adapter that has sent the request several times has waited enough.
  if (attempts > 1) return false
  // What a provider reports may be for good.
  return retryable ?? error.code !== 'MODEL_PROVIDER'
}

/** What the errors of adapters say beside their code. */
interface Prospects {
  readonly retryable?: boolean
  /** Requests that were sent. */
  readonly attempts?: number | undefined
}

function ask(model: Model, request: ModelRequest, options: AskOptions): Promise<ModelAnswer> {
  return options.observed(model, () => answerOf(model, request, options))
}

async function answerOf(
  model: Model,
  request: ModelRequest,
  options: AskOptions,
): Promise<ModelAnswer> {
  const content = new StepContent(options.draft)
  let offered: readonly ToolDescriptor[] = []
  let error: unknown = null
  try {
    offered = options.toolCheck.usable(model, request.tools ?? [], options.onReport)
    const toolChoice = choiceAmong(offered, request.toolChoice)
    for await (const event of attendedStream(
      model,
      { ...request, tools: offered, toolChoice },
      options,
    ))
      content.add(event)
    error = content.error ?? flawOf(content, model, options.maySayNothing)
  } catch (thrown) {
    error = thrown
  }
  return { model, content, offered: new Set(offered.map(({ name }) => name)), error }
}

/** A choice of a tool that is not offered would have the whole request refused. */
function choiceAmong(
  offered: readonly ToolDescriptor[],
  choice: ToolChoice | undefined,
): ToolChoice | undefined {
  const isThere = typeof choice !== 'object' || offered.some(({ name }) => name === choice.toolName)
  return isThere ? choice : 'auto'
}

/** What is wrong with an answer that reports no error. */
function flawOf(
  { finish, isSilent, isPaused }: StepContent,
  { id }: Model,
  maySayNothing: boolean,
): AnswerFlaw | null {
  if (!finish)
    return new AnswerFlaw('MODEL_PROTOCOL', `The model "${id}" ended without a finish event.`, {
      hint: 'A Model ends every stream with one `finish` event; see the Model port.',
      retryable: false,
    })
  if (finish.reason === 'error')
    return new AnswerFlaw('MODEL_PROVIDER', `The model "${id}" failed and did not say why.`, {
      hint: 'A Model says why in an `error` event before its `finish`; see the Model port.',
      retryable: false,
    })
  if (!isSilent || isPaused || maySayNothing || !promising.includes(finish.reason)) return null
  return new AnswerFlaw('MODEL_PROTOCOL', `The model "${id}" answered nothing at all.`, {
    hint: 'Ask again or ask another model; where it lasts, shorten the history or the tools.',
    retryable: true,
  })
}

/** Reasons to finish that promise an answer. */
const promising: readonly string[] = ['stop', 'tool-calls', 'other']

/** An answer that is none, though the model reports no error. */
class AnswerFlaw extends ToolwireError {
  readonly retryable: boolean

  constructor(
    code: 'MODEL_PROTOCOL' | 'MODEL_PROVIDER',
    message: string,
    details: { readonly hint: string; readonly retryable: boolean },
  ) {
    super(code, message, details)
    this.retryable = details.retryable
  }
}
