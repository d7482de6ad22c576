// Drives the pure core with commands that a seed chooses: two tabs and a node that claim, answer late, stop,
// deny and fall silent, while models of every kind answer, go wrong in the middle, or crash.
import type { Command, ConversationEvent, Sender, TurnPolicy } from '../../src/protocol/index.ts'
import {
  type Call,
  type ConversationState,
  decide,
  emptyConversation,
  evolve,
} from '../../src/turn/index.ts'
import { Chance } from './chance.ts'
import { randomAnswer } from './random-answer.ts'
import { randomOutcome, randomSaid } from './random-content.ts'

const policy: TurnPolicy = {
  maxSteps: 3,
  maxCalls: 6,
  maxTokens: 1_000_000,
  maxRepeats: 1,
  leaseMs: 30_000,
  offerTimeoutMs: 60_000,
  orphanTimeoutMs: 90_000,
  cancelGraceMs: 5_000,
  approvalTimeoutMs: 600_000,
  maxAttempts: 3,
  assign: 'initiator',
}

const senders: readonly Sender[] = [
  { clientId: 'tab', epoch: 1 },
  { clientId: 'tab', epoch: 2 },
  { clientId: 'other-tab', epoch: 1 },
  { clientId: 'node:a', epoch: 0 },
]

/** Names that models were offered: some are no names on any wire. */
const toolNames = ['edit', 'page.edit/element', '9-lives', `read_${'x'.repeat(70)}`]

type Action = (talk: RandomConversation) => void

/** What may happen next, the likely things more than once. */
const actions: readonly Action[] = [
  (talk) => talk.send(),
  (talk) => talk.send(),
  (talk) => talk.beginStep(),
  ...Array.from({ length: 6 }, (): Action => (talk) => talk.answer()),
  ...Array.from({ length: 5 }, (): Action => (talk) => talk.run()),
  (talk) => talk.claim(),
  (talk) => talk.claim(),
  (talk) => talk.result(),
  (talk) => talk.result(),
  (talk) => talk.beat(),
  (talk) => talk.release(),
  (talk) => talk.cancel(),
  (talk) => talk.decide(),
  (talk) => talk.decide(),
  (talk) => talk.stop(),
  (talk) => talk.wait(1_000),
  (talk) => talk.wait(31_000),
  (talk) => talk.wait(700_000),
  (talk) => talk.endTurn(),
]

/** The states of a conversation, one after each of its events; each seed chooses what happens next. */
export function randomStates(seeds: readonly number[]): readonly ConversationState[] {
  const talk = new RandomConversation()
  talk.open()
  for (const seed of seeds) talk.act(seed)
  return talk.states
}

class RandomConversation {
  readonly states: ConversationState[] = []
  #chance = new Chance(0)
  #state: ConversationState = emptyConversation
  #now = 1_000
  #count = 0

  act(seed: number): void {
    this.#chance = new Chance(seed)
    this.#chance.pick(actions)(this)
  }

  open(): void {
    this.#do({ type: 'open', ownerId: 'me', logId: 'log' })
    const tools = toolNames.map((name) => ({ name, hash: 'x' }))
    for (const from of senders) this.#do({ type: 'sync', hash: 'h', tools, from })
    this.send()
  }

  /** A message of the person; while a turn runs it waits. */
  send(): void {
    const turnId = `turn-${++this.#count}`
    const parts = randomSaid(this.#chance)
    const message = { id: `of-${turnId}`, role: 'user' as const, parts, metadata: {} }
    this.#do({ type: 'start', turnId, message, clientId: 'tab', policy })
  }

  beginStep(): void {
    const { turn } = this.#state
    if (!turn) return
    const step = turn.running ? turn.step : turn.step + 1
    const messageId = `message-${++this.#count}`
    this.#do({ type: 'step-begin', turnId: turn.turnId, step, messageId, owner: 'node:a' })
  }

  /** The model answers, where it may be asked. */
  answer(): void {
    if (!this.#state.turn?.running) this.beginStep()
    const { turn } = this.#state
    if (!turn?.running) return
    const { parts, calls, modelId, finishReason, paused } = randomAnswer(this.#chance, {
      tools: toolNames,
      takenIds: this.#takenIds(),
      count: ++this.#count,
    })
    this.#do({
      type: 'step-commit',
      turnId: turn.turnId,
      messageId: turn.running.messageId,
      parts,
      metadata: { ...(modelId !== undefined && { model: modelId }) },
      calls,
      finishReason,
      usage: { totalTokens: 10 },
      ...(paused && { paused }),
    })
  }

  /** Claims a call that is offered, and hands in its result. */
  run(): void {
    const call = this.#call((each) => each.phase.state === 'queued')
    if (call?.phase.state !== 'queued') return
    const { attempt } = call.phase
    const from = senders[call.executor === 'server' ? 3 : 0] as Sender
    this.#do({ type: 'claim', callId: call.callId, attempt, n: 1, from })
    this.#result(call, { attempt, from })
  }

  claim(): void {
    const call = this.#call()
    if (!call) return
    const from = this.#chance.pick(senders)
    const noBegin = this.#chance.flip()
    this.#do({
      type: 'claim',
      callId: call.callId,
      attempt: this.#attempt(call),
      n: 1,
      noBegin,
      from,
    })
  }

  /** A result by whoever: of the holder, of one that lost the call, or twice. */
  result(): void {
    const call = this.#call()
    if (call) this.#result(call, { attempt: this.#attempt(call), from: this.#chance.pick(senders) })
  }

  beat(): void {
    const call = this.#call()
    if (!call) return
    const { callId } = call
    const from = this.#chance.pick(senders)
    this.#do({ type: 'beat', callId, attempt: this.#attempt(call), n: 1, from })
  }

  release(): void {
    const call = this.#call()
    if (!call) return
    const { callId } = call
    const from = this.#chance.pick(senders)
    this.#do({ type: 'release', callId, attempt: this.#attempt(call), from })
  }

  cancel(): void {
    const call = this.#call()
    if (call) this.#do({ type: 'cancel', callId: call.callId, from: senders[0] as Sender })
  }

  decide(): void {
    const call = this.#call((each) => each.phase.state === 'approval-requested')
    if (!call?.approvalId) return
    const approved = this.#chance.flip()
    this.#do({
      type: 'decide',
      callId: call.callId,
      approvalId: call.approvalId,
      approved,
      argsHash: call.argsHash,
      ...(this.#chance.flip() && { reason: 'not on a Friday' }),
      from: senders[0] as Sender,
    })
  }

  stop(): void {
    const { turn } = this.#state
    if (turn) this.#do({ type: 'stop', turnId: turn.turnId, from: senders[0] as Sender })
  }

  wait(ms: number): void {
    this.#now += ms
    this.#do({ type: 'tick' })
  }

  endTurn(): void {
    const { turn } = this.#state
    if (!turn || turn.running) return
    this.#do({ type: 'turn-end', turnId: turn.turnId, reason: 'stop-condition' })
  }

  #result(
    call: Call,
    { attempt, from }: { readonly attempt: number; readonly from: Sender },
  ): void {
    const { callId, argsHash } = call
    const outcome = randomOutcome(this.#chance)
    this.#do({ type: 'result', callId, attempt, argsHash, ...outcome, from })
  }

  #call(fits: (call: Call) => boolean = () => true): Call | undefined {
    const calls = this.#state.turn?.calls.filter((call) => fits(call)) ?? []
    return calls.length > 0 ? this.#chance.pick(calls) : undefined
  }

  #attempt({ phase }: Call): number {
    return 'attempt' in phase && this.#chance.below(4) > 0
      ? phase.attempt
      : 1 + this.#chance.below(3)
  }

  #takenIds(): Set<string> {
    const { messages, turn } = this.#state
    const old = messages.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool'))
    return new Set([...old, ...(turn?.calls ?? [])].map(({ toolCallId }) => toolCallId))
  }

  #do(command: Command): void {
    for (const event of decide(this.#state, command, this.#now).events) this.#keep(event)
  }

  #keep(event: ConversationEvent): void {
    this.#state = evolve(this.#state, event)
    this.states.push(this.#state)
  }
}
