import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  context,
  trace,
} from '@opentelemetry/api'
import type {
  AttemptFinished,
  AttemptStarted,
  CallSettled,
  Happening,
  RequestFinished,
  RequestStarted,
  TurnFinished,
  TurnStarted,
} from '../../ports/index.ts'
import {
  attributes as name,
  codeOf,
  modelOf,
  operations,
  providerOf,
  refusedEvent,
} from './names.ts'
import { contextOf, traceparentOf } from './trace-context.ts'

export interface SpanOptions {
  readonly tracer: Tracer
  readonly agentName: string | undefined
}

/** One span for each turn, each request to a model and each attempt at a call, the latter two within the first. */
export class Spans {
  readonly #options: SpanOptions
  /** Spans that are open: of turns by the id of the turn, of requests and attempts by their own. */
  readonly #turns = new Map<string, Span>()
  readonly #work = new Map<string, Span>()

  constructor(options: SpanOptions) {
    this.#options = options
  }

  observe(happening: Happening): void {
    switch (happening.type) {
      case 'turn-started':
        return this.#turnStarted(happening)
      case 'turn-finished':
        return this.#turnFinished(happening)
      case 'turn-left':
        return this.#endTurn(happening)
      case 'request-started':
        return this.#requestStarted(happening)
      case 'request-finished':
        return this.#requestFinished(happening)
      case 'attempt-started':
        return this.#attemptStarted(happening)
      case 'attempt-finished':
        return this.#attemptFinished(happening)
      case 'call-settled':
        return this.#callSettled(happening)
      case 'circuit-changed':
        return undefined
    }
  }

  within<T>(id: string, work: () => T): T {
    const span = this.#work.get(id)
    return span ? context.with(trace.setSpan(context.active(), span), work) : work()
  }

  traceparent(id: string): string | undefined {
    const span = this.#work.get(id)
    return span && traceparentOf(span.spanContext())
  }

  // A turn goes on long after what asked for it was answered, and may wait behind others: it is a trace of its own.
  #turnStarted({ conversationId, turnId, maxSteps, isTakenUp, at }: TurnStarted): void {
    const { tracer, agentName } = this.#options
    const attributes: Attributes = {
      [name.operation]: operations.turn,
      [name.conversation]: conversationId,
      [name.turn]: turnId,
      [name.turnMaxSteps]: maxSteps,
      ...(agentName !== undefined && { [name.agent]: agentName }),
      ...(isTakenUp && { [name.turnTakenUp]: true }),
    }
    const title = agentName === undefined ? operations.turn : `${operations.turn} ${agentName}`
    const span = tracer.startSpan(title, { startTime: at, attributes }, ROOT_CONTEXT)
    this.#turns.set(turnId, span)
  }

  #turnFinished(happening: TurnFinished): void {
    const { turnId, reason, steps, calls, tokens, errorCode } = happening
    const span = this.#turns.get(turnId)
    span?.setAttributes({
      [name.turnReason]: reason,
      [name.turnSteps]: steps,
      [name.turnCalls]: calls,
      [name.turnTokens]: tokens,
    })
    if (reason === 'error') failed(span, errorCode ?? reason)
    this.#endTurn(happening)
  }

  #endTurn({ turnId, at }: { readonly turnId: string; readonly at: number }): void {
    this.#turns.get(turnId)?.end(at)
    this.#turns.delete(turnId)
  }

  #requestStarted({ id, turnId, conversationId, step, modelId, format, at }: RequestStarted): void {
    const model = modelOf({ modelId, format })
    const provider = { [name.provider]: providerOf(format) }
    this.#turns.get(turnId)?.setAttributes(provider)
    const attributes = {
      [name.operation]: operations.request,
      ...provider,
      [name.model]: model,
      [name.stream]: true,
      [name.conversation]: conversationId,
      [name.turn]: turnId,
      [name.step]: step,
    }
    const options = { kind: SpanKind.CLIENT, startTime: at, attributes }
    const title = `${operations.request} ${model}`
    this.#work.set(id, this.#options.tracer.startSpan(title, options, this.#inTurn(turnId)))
  }

  #requestFinished({ id, usage, finishReason, errorCode, at }: RequestFinished): void {
    const attributes = {
      ...tokensOf(usage),
      ...(finishReason !== undefined && { [name.finishReasons]: [finishReason] }),
    }
    this.#end(id, { at, attributes, ...(errorCode !== undefined && { errorCode }) })
  }

  #attemptStarted(happening: AttemptStarted): void {
    const { id, turnId, toolName, traceparent, description, at } = happening
    const attributes = {
      [name.operation]: operations.attempt,
      [name.tool]: toolName,
      [name.toolCall]: happening.toolCallId,
      [name.toolType]: 'function',
      [name.conversation]: happening.conversationId,
      [name.turn]: turnId,
      [name.call]: happening.callId,
      [name.attempt]: happening.attempt,
      [name.executor]: happening.executor,
      ...(description !== undefined && { [name.toolDescription]: description }),
      ...(happening.input !== undefined && { [name.toolArguments]: json(happening.input) }),
    }
    const parent = traceparent === undefined ? this.#inTurn(turnId) : contextOf(traceparent)
    const title = `${operations.attempt} ${toolName}`
    const span = this.#options.tracer.startSpan(title, { startTime: at, attributes }, parent)
    this.#work.set(id, span)
  }

  #attemptFinished({ id, state, errorCode = state, errorText, output, at }: AttemptFinished): void {
    const attributes = {
      [name.callState]: state,
      ...(output !== undefined && { [name.toolResult]: json(output) }),
    }
    if (state === 'output-available') return this.#end(id, { at, attributes })
    this.#end(id, { at, attributes, errorCode, ...(errorText !== undefined && { errorText }) })
  }

  #callSettled({ turnId, state, errorCode, durationMs, at, ...call }: CallSettled): void {
    if (durationMs !== undefined) return
    const attributes = {
      [name.toolCall]: call.toolCallId,
      [name.tool]: call.toolName,
      [name.callState]: state,
      ...(errorCode !== undefined && { [name.error]: codeOf(errorCode) }),
    }
    this.#turns.get(turnId)?.addEvent(refusedEvent, attributes, at)
  }

  #end(
    id: string,
    {
      at,
      attributes,
      errorCode,
      errorText,
    }: {
      readonly at: number
      readonly attributes: Attributes
      readonly errorCode?: string
      readonly errorText?: string
    },
  ): void {
    const span = this.#work.get(id)
    this.#work.delete(id)
    span?.setAttributes(attributes)
    if (errorCode !== undefined) failed(span, errorCode, errorText)
    span?.end(at)
  }

  #inTurn(turnId: string): Context {
    const span = this.#turns.get(turnId)
    return span ? trace.setSpan(ROOT_CONTEXT, span) : ROOT_CONTEXT
  }
}

function tokensOf({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  reasoningTokens,
}: RequestFinished['usage']): Attributes {
  return {
    ...(inputTokens !== undefined && { [name.inputTokens]: inputTokens }),
    ...(outputTokens !== undefined && { [name.outputTokens]: outputTokens }),
    ...(cachedInputTokens !== undefined && { [name.cachedTokens]: cachedInputTokens }),
    ...(reasoningTokens !== undefined && { [name.reasoningTokens]: reasoningTokens }),
  }
}

function failed(span: Span | undefined, errorCode: string, message?: string): void {
  span?.setAttribute(name.error, codeOf(errorCode))
  span?.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) })
}

function json(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
