import { type World, isToolwireError } from '../base/index.ts'
import type { AttemptEnds, Redact, Watch } from '../guards/index.ts'
import type { CallFacts, FinishReason, Model, Observer, RequestFinished } from '../ports/index.ts'
import type {
  CallOutcome,
  ConversationEvent,
  EventOf,
  EventType,
  Usage,
} from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import { type Call, type ConversationState, type Turn, evolve, findCall } from '../turn/index.ts'
import type { Conversation } from './conversation.ts'

export interface ObservationOptions {
  readonly watch: Watch
  readonly observer: Observer
  readonly world: World
  readonly nodeId: string
  readonly redact: Redact
  /** The definition by which a call is judged. */
  readonly toolOf: (call: Call) => AnyTool | null
}

/** An attempt at a call, on this node or at a client that this node granted it to. */
export interface ObservedAttempt {
  /** Under which the executor goes on with the trace. */
  readonly traceparent: () => string | undefined
  readonly run: (work: () => Promise<CallOutcome>) => Promise<CallOutcome>
}

/** What is told of an answer. */
interface Answer {
  readonly content: {
    readonly usage: Usage
    readonly finish: { readonly reason: FinishReason } | null
  }
  readonly error: unknown
}

interface BegunTurn {
  readonly turnId: string
  readonly startedAt: number
}

interface Where {
  readonly conversation: Conversation
  readonly attempt: number
}

/** The events of which something is told. */
const told: readonly EventType[] = ['turn-started', 'turn-finished', 'call-settled']

/**
 * Tells of what happens on this node. What is counted (turns, outcomes) is told from what is committed, by the node
 * that committed it, so that several nodes say nothing twice; requests and attempts are told where they are made.
 */
export class Observation {
  readonly #options: ObservationOptions
  /** The turns whose end is still to be told, by conversation. */
  readonly #turns = new Map<string, BegunTurn>()

  constructor(options: ObservationOptions) {
    this.#options = options
  }

  /** Tells of turns and outcomes until the returned function is called. */
  follow(conversation: Conversation): () => void {
    const offCommit = conversation.onCommit((events, _, { before, own }) => {
      if (!events.some(({ type }) => told.includes(type))) return
      let state = before
      for (const [index, event] of events.entries()) {
        const earlier = state
        state = evolve(state, event)
        if (index < own) this.#committed(event, conversation, { earlier, state })
        else if (event.type === 'turn-finished') this.#left(conversation)
      }
    })
    // What the store lost may be the turn itself.
    const offLoss = conversation.onLoss(() => this.#left(conversation))
    return () => {
      offCommit()
      offLoss()
      this.#left(conversation)
    }
  }

  /** Asks a model, as part of step `step` of the turn. */
  requests(
    conversation: Conversation,
    turn: Turn,
    place: { readonly messageId: string; readonly step: number },
  ): <T extends Answer>(model: Model, ask: () => Promise<T>) => Promise<T> {
    const { watch, world } = this.#options
    let count = 0
    return async (model, ask) => {
      this.#takeUp(conversation, turn)
      const { id: conversationId } = conversation
      const { turnId } = turn
      const id = `${place.messageId}/${++count}`
      const { step } = place
      const facts = { conversationId, turnId, id, step, modelId: model.id, format: model.format }
      const startedAt = world.monotonic()
      watch.tell({ type: 'request-started', at: world.now(), ...facts })
      const answer = await watch.within(id, ask)
      watch.tell({
        type: 'request-finished',
        at: world.now(),
        ...facts,
        durationMs: world.monotonic() - startedAt,
        ...endOf(answer),
      })
      return answer
    }
  }

  attempt(call: Call, { conversation, attempt }: Where): ObservedAttempt {
    const { watch, observer, nodeId, toolOf } = this.#options
    const { turn } = conversation.state
    const tool = toolOf(call)
    const id = `${nodeId}/${call.callId}/${attempt}`
    const ends = observer.takesContent ? this.#content(call, tool) : {}
    const description = tool && { description: tool.descriptor.description }
    return {
      traceparent: () => observer.traceparent?.(id),
      run: (work) => {
        if (turn) this.#takeUp(conversation, turn)
        const facts = { ...factsOf(call, conversation), id, attempt }
        return watch.attempt(facts, work, { ...ends, begun: { ...ends.begun, ...description } })
      },
    }
  }

  #content({ input }: Call, tool: AnyTool | null): AttemptEnds {
    const { redact } = this.#options
    const { inputSchema, outputSchema } = tool?.descriptor ?? {}
    return {
      begun: { input: redact(input, inputSchema) },
      ended: ({ output, errorText }) => ({
        ...(output !== undefined && { output: redact(output, outputSchema) }),
        ...(errorText !== undefined && { errorText: String(redact(errorText)) }),
      }),
    }
  }

  #committed(
    event: ConversationEvent,
    conversation: Conversation,
    { earlier, state }: { readonly earlier: ConversationState; readonly state: ConversationState },
  ): void {
    if (event.type === 'turn-started') this.#started(conversation, event, { at: event.at })
    if (event.type === 'turn-finished' && earlier.turn)
      this.#finished(event, conversation, earlier.turn)
    const call = event.type === 'call-settled' ? findCall(state, event.callId) : undefined
    if (event.type === 'call-settled' && call) this.#settled(event, conversation, call)
  }

  #started(
    { id: conversationId }: Conversation,
    { turnId, policy }: Pick<Turn, 'turnId' | 'policy'>,
    how: { readonly at: number; readonly isTakenUp?: true },
  ): void {
    const { maxSteps } = policy
    this.#turns.set(conversationId, { turnId, startedAt: how.at })
    this.#options.watch.tell({ type: 'turn-started', conversationId, turnId, maxSteps, ...how })
  }

  /** Work for a turn is about to begin here, wherever the turn began. */
  #takeUp(conversation: Conversation, turn: Turn): void {
    if (this.#turns.get(conversation.id)?.turnId === turn.turnId) return
    this.#left(conversation)
    this.#started(conversation, turn, { at: this.#options.world.now(), isTakenUp: true })
  }

  #finished(event: EventOf<'turn-finished'>, { id }: Conversation, turn: Turn): void {
    const { turnId, reason, error, at } = event
    const { step: steps, policy, calls, tokens } = turn
    const begun = this.#turns.get(id)
    this.#turns.delete(id)
    this.#options.watch.tell({
      type: 'turn-finished',
      at,
      conversationId: id,
      turnId,
      reason,
      steps,
      maxSteps: policy.maxSteps,
      calls: calls.length,
      tokens,
      ...(begun && { durationMs: at - begun.startedAt }),
      ...(error && { errorCode: error.code }),
    })
  }

  #left({ id: conversationId }: Conversation): void {
    const begun = this.#turns.get(conversationId)
    if (!begun) return
    this.#turns.delete(conversationId)
    const { watch, world } = this.#options
    watch.tell({ type: 'turn-left', at: world.now(), conversationId, turnId: begun.turnId })
  }

  #settled(event: EventOf<'call-settled'>, conversation: Conversation, call: Call): void {
    const { at, state, errorCode } = event
    const { queuedAt, startedAt } = call.timings
    this.#options.watch.tell({
      type: 'call-settled',
      at,
      ...factsOf(call, conversation),
      state,
      ...(errorCode !== undefined && { errorCode }),
      isKnown: this.#options.toolOf(call) !== null,
      ...(startedAt !== undefined && {
        durationMs: at - startedAt,
        ...(queuedAt !== undefined && { queueMs: Math.max(0, startedAt - queuedAt) }),
      }),
    })
  }
}

function factsOf(
  { turnId, callId, toolCallId, toolName, executor }: Call,
  { id: conversationId }: Conversation,
): Omit<CallFacts, 'at'> {
  return { conversationId, turnId, callId, toolCallId, toolName, executor }
}

function endOf({
  content,
  error,
}: Answer): Pick<RequestFinished, 'usage' | 'finishReason' | 'errorCode'> {
  const code = isToolwireError(error) ? error.code : 'MODEL_PROVIDER'
  return {
    usage: content.usage,
    ...(content.finish && { finishReason: content.finish.reason }),
    ...(error !== null && { errorCode: code }),
  }
}
