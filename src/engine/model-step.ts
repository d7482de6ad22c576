import { isToolwireError, newErrorId } from '../base/index.ts'
import type { ErrorReport } from '../guards/index.ts'
import type { Model } from '../ports/index.ts'
import type { MessageMetadata, NewCall, StepPart, TurnError } from '../protocol/index.ts'
import { type Turn, messagesOf, untrustedIn } from '../turn/index.ts'
import { type AnswerProblem, problemOf } from './answer-problem.ts'
import { takenIds } from './call-ids.ts'
import type { Conversation } from './conversation.ts'
import { keepLease } from './keep-lease.ts'
import { type AskOptions, type ModelAnswer, askModels } from './model-answer.ts'
import {
  type StepTools,
  isAtAbsentClient,
  nothingOffered,
  staleCall,
  stepTools,
} from './offered-tools.ts'
import type { EngineOptions, ModelChoice } from './options.ts'
import { prepareCalls } from './prepare-call.ts'
import { type ContentPart, StepContent, type ToolInputEnd } from './step-content.ts'
import { turnView } from './turn-view.ts'

/** What a step has to commit; without a model where none could be chosen. */
type StepAnswer = Omit<ModelAnswer, 'model'> & Partial<Pick<ModelAnswer, 'model'>>

/**
 * Runs one model step: takes the lease, streams the answer to whoever watches, and commits message and
 * calls together. Until that commit no call exists, so a node that dies here leaves nothing behind.
 */
export class ModelStep {
  readonly #conversation: Conversation
  readonly #options: EngineOptions
  readonly #turn: Turn
  readonly #messageId: string
  readonly #controller = new AbortController()
  /** What there was when the model was asked. */
  #offer: StepTools = nothingOffered

  constructor(conversation: Conversation, turn: Turn, options: EngineOptions) {
    this.#conversation = conversation
    this.#turn = turn
    this.#options = options
    this.#messageId = options.world.randomId()
  }

  /** Stops the model; what it said until then is kept. */
  abort(): void {
    this.#controller.abort()
  }

  async run(): Promise<void> {
    const { turnId } = this.#turn
    const begun = await this.#conversation.execute({
      type: 'step-begin',
      turnId,
      step: this.#number,
      messageId: this.#messageId,
      owner: this.#options.nodeId,
    })
    if (begun.reply !== 'granted') return
    const { draft } = this.#conversation
    const stopRenewing = this.#keepLease()
    draft.start(this.#messageId)
    try {
      await this.#commit(await this.#ask())
    } finally {
      stopRenewing()
      draft.end()
    }
  }

  /** A step that another node lost is begun again under its number. */
  get #number(): number {
    const { running, step } = this.#turn
    return running ? step : step + 1
  }

  /** Asks until a model answers, or none is left to ask. */
  async #ask(): Promise<StepAnswer> {
    const { system, toolChoice, selectModel, activeTools, world, toolCheck } = this.#options
    const { draft } = this.#conversation
    const { signal } = this.#controller
    const view = turnView(this.#conversation, this.#turn, this.#options)
    try {
      const models = inOrder(await selectModel(view), this.#turn)
      const active = await activeTools(view)
      this.#offer = stepTools(this.#conversation.state, this.#options)
      const tools = this.#offer.tools
        .list()
        .map(({ descriptor }) => descriptor)
        .filter(({ name }) => active?.includes(name) ?? true)
      const request = { system, messages: view.messages, tools, toolChoice }
      return await askModels(models, request, {
        world,
        retry: this.#options.modelRetry,
        idleTimeoutMs: this.#options.modelIdleTimeoutMs,
        toolCheck,
        draft,
        signal,
        maySayNothing: this.#turn.messages.slice(1).some(({ parts }) => parts.length > 0),
        onReport: (report) => this.#report({ ...report, errorId: this.#errorId() }),
        observed: this.#observed(),
      })
    } catch (error) {
      return { content: new StepContent(draft), offered: new Set(), error }
    }
  }

  #observed(): AskOptions['observed'] {
    const place = { messageId: this.#messageId, step: this.#number }
    return this.#options.observation.requests(this.#conversation, this.#turn, place)
  }

  async #commit(answer: StepAnswer): Promise<void> {
    const { content, model } = answer
    const parts = content.parts()
    const calls = await this.#prepare(parts, answer)
    // Who stopped the turn knows why it ended.
    const problem = this.#controller.signal.aborted ? null : problemOf(answer)
    await this.#conversation.execute({
      type: 'step-commit',
      turnId: this.#turn.turnId,
      messageId: this.#messageId,
      parts: parts.flatMap((part) => committed(part, calls)),
      metadata: this.#metadata(content, model?.id),
      calls: [...calls.values()].flat(),
      finishReason: problem?.reason ?? content.finish?.reason ?? 'other',
      usage: content.usage,
      ...(problem && { error: this.#turnError(problem, model?.id) }),
      ...(content.isPaused && { paused: true }),
    })
  }

  #prepare(
    parts: readonly ContentPart[],
    answer: StepAnswer,
  ): Promise<ReadonlyMap<ToolInputEnd, readonly NewCall[]>> {
    const { signal } = this.#controller
    const isFailed = problemOf(answer) !== null || signal.aborted
    return prepareCalls(
      parts.filter((part) => part.type === 'tool-input-end'),
      {
        ...this.#options,
        ...this.#offer,
        offered: this.#stillThere(answer.offered),
        stale: (name) => staleCall(this.#conversation.state, name, this.#options),
        principal: this.#turn.principal,
        consents: this.#conversation.state.consents,
        untrusted: untrustedIn(this.#conversation.state),
        takenIds: takenIds(this.#conversation.state),
        onError: (report) => this.#report(report),
        // The calls of an answer that failed do not run, repaired or not.
        repair: isFailed ? null : this.#options.repair,
        isCut: answer.content.finish?.reason === 'length',
        messages: messagesOf(this.#conversation.state),
        signal,
      },
    )
  }

  /** Those of `names` whose tools were not withdrawn while the model wrote. */
  #stillThere(names: ReadonlySet<string>): ReadonlySet<string> {
    const { state } = this.#conversation
    const { tools } = stepTools(state, this.#options)
    return new Set([...names].filter((name) => tools.has(name) || isAtAbsentClient(state, name)))
  }

  #metadata(content: StepContent, modelId: string | undefined): MessageMetadata {
    const { id: conversationId } = this.#conversation
    let own: MessageMetadata = {}
    try {
      own = { ...this.#options.messageMetadata?.({ conversationId, usage: content.usage }) }
    } catch (error) {
      this.#report({ errorId: this.#errorId(), error })
    }
    return { ...own, ...(modelId !== undefined && { model: modelId }) }
  }

  #turnError({ error, text }: AnswerProblem, modelId: string | undefined): TurnError {
    const errorId = this.#errorId()
    this.#report({ errorId, error, ...(modelId !== undefined && { modelId }) })
    const code = isToolwireError(error) ? error.code : 'MODEL_PROVIDER'
    return { code, text: `${text} (error ${errorId}).`, errorId }
  }

  #errorId(): string {
    return newErrorId(this.#options.world)
  }

  #report(report: ErrorReport & { readonly modelId?: string }): void {
    this.#options.onError?.({
      ...report,
      conversationId: this.#conversation.id,
      turnId: this.#turn.turnId,
    })
  }

  #keepLease(): () => void {
    const { world } = this.#options
    const { turnId, policy } = this.#turn
    const messageId = this.#messageId
    return keepLease({
      world,
      leaseMs: policy.leaseMs,
      renew: () => this.#conversation.execute({ type: 'step-renew', turnId, messageId }),
      onLost: () => this.abort(),
      onError: (error) => this.#report({ errorId: this.#errorId(), error }),
    })
  }
}

/** A call stands where the model asked for it; where it was several in one, they stand there together. */
function committed(
  part: ContentPart,
  calls: ReadonlyMap<ToolInputEnd, readonly NewCall[]>,
): readonly StepPart[] {
  if (part.type !== 'tool-input-end') return [part]
  return (calls.get(part) ?? []).map(({ callId }) => ({ type: 'call', callId }))
}

/** The models in the order in which they are asked. Only the one that paused has the state to go on from. */
function inOrder(choice: ModelChoice, { messages, paused }: Turn): readonly Model[] {
  const models = [choice].flat()
  const pausedAt = paused ? messages.at(-1)?.metadata.model : undefined
  return models.toSorted((a, b) => Number(b.id === pausedAt) - Number(a.id === pausedAt))
}
