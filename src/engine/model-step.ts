import { ToolwireError, isToolwireError } from '../base/index.ts'
import type { ErrorReport } from '../guards/index.ts'
import type { Model } from '../ports/index.ts'
import type { MessageMetadata, NewCall, StepPart, TurnError } from '../protocol/index.ts'
import { type Turn, messagesOf } from '../turn/index.ts'
import type { Conversation } from './conversation.ts'
import { keepLease } from './keep-lease.ts'
import { offeredTools } from './offered-tools.ts'
import type { EngineOptions } from './options.ts'
import { prepareCall } from './prepare-call.ts'
import { type ContentPart, StepContent, type ToolInputEnd } from './step-content.ts'
import { turnView } from './turn-view.ts'

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
    const { turnId, running, step } = this.#turn
    const begun = await this.#conversation.execute({
      type: 'step-begin',
      turnId,
      step: running ? step : step + 1,
      messageId: this.#messageId,
      owner: this.#options.nodeId,
    })
    if (begun.reply !== 'granted') return
    const { draft } = this.#conversation
    const stopRenewing = this.#keepLease()
    draft.start(this.#messageId)
    try {
      await this.#answer(new StepContent(draft))
    } finally {
      stopRenewing()
      draft.end()
    }
  }

  async #answer(content: StepContent): Promise<void> {
    const view = turnView(this.#conversation, this.#turn)
    const tools = offeredTools(this.#conversation.state, this.#options.tools)
    let model: Model | undefined
    let error: unknown
    try {
      model = await this.#options.selectModel(view)
      const { system, toolChoice } = this.#options
      const { signal } = this.#controller
      const request = { system, messages: view.messages, tools, toolChoice, signal }
      for await (const event of model.stream(request)) content.add(event)
      error = content.error ?? (content.finish ? null : noFinish(model))
    } catch (thrown) {
      error = thrown
    }
    const failed = this.#controller.signal.aborted ? null : error
    await this.#commit(content, {
      offered: new Set(tools.map((tool) => tool.name)),
      modelId: model?.id,
      error: failed ? this.#mask(failed) : undefined,
    })
  }

  async #commit(
    content: StepContent,
    outcome: {
      offered: ReadonlySet<string>
      modelId: string | undefined
      error: TurnError | undefined
    },
  ): Promise<void> {
    const { error, modelId } = outcome
    const calls = await this.#prepare(content.parts(), outcome.offered)
    const finishReason = error ? 'error' : (content.finish?.reason ?? 'other')
    await this.#conversation.execute({
      type: 'step-commit',
      turnId: this.#turn.turnId,
      messageId: this.#messageId,
      parts: content.parts().map((part) => committed(part, calls)),
      metadata: this.#metadata(content, modelId),
      calls: [...calls.values()],
      finishReason,
      usage: content.usage,
      ...(error && { error }),
    })
  }

  async #prepare(
    parts: readonly ContentPart[],
    offered: ReadonlySet<string>,
  ): Promise<ReadonlyMap<ToolInputEnd, NewCall>> {
    const { tools, permissions, defaultTimeoutMs, world } = this.#options
    const takenIds = usedToolCallIds(this.#conversation)
    const calls = new Map<ToolInputEnd, NewCall>()
    for (const part of parts)
      if (part.type === 'tool-input-end')
        calls.set(
          part,
          await prepareCall(part, {
            tools,
            offered,
            principal: this.#turn.principal,
            permissions,
            takenIds,
            defaultTimeoutMs,
            world,
            onError: (report) => this.#report(report),
          }),
        )
    return calls
  }

  #metadata(content: StepContent, modelId: string | undefined): MessageMetadata {
    const { id: conversationId } = this.#conversation
    return {
      ...this.#options.messageMetadata?.({ conversationId, usage: content.usage }),
      ...(modelId !== undefined && { model: modelId }),
    }
  }

  #mask(error: unknown): TurnError {
    const errorId = this.#options.world.randomId().slice(0, 12)
    this.#report({ errorId, error })
    const code = isToolwireError(error) ? error.code : 'MODEL_PROVIDER'
    return { code, text: `The model could not answer (error ${errorId}).`, errorId }
  }

  #report(report: ErrorReport): void {
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
      onError: (error) => this.#report({ errorId: world.randomId().slice(0, 12), error }),
    })
  }
}

function committed(part: ContentPart, calls: ReadonlyMap<ToolInputEnd, NewCall>): StepPart {
  if (part.type !== 'tool-input-end') return part
  // Every call of these parts was prepared.
  return { type: 'call', callId: calls.get(part)?.callId ?? '' }
}

function usedToolCallIds({ state }: Conversation): Set<string> {
  const ids = new Set<string>()
  for (const message of messagesOf(state))
    for (const part of message.parts) if (part.type === 'tool') ids.add(part.toolCallId)
  return ids
}

function noFinish(model: Model): ToolwireError {
  return new ToolwireError(
    'MODEL_PROTOCOL',
    `The model "${model.id}" ended without a finish event.`,
    {
      hint: 'A Model ends every stream with one `finish` event; see the Model port.',
    },
  )
}
