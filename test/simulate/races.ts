import type { ClientCommand, ConversationEvent } from '../../src/protocol/index.ts'
import { type Call, type ConversationState, findCall, isSettled } from '../../src/turn/index.ts'

/**
 * The races of the protocol that come about here by chance, by their number in its list. Two of its first do not:
 * a call that may run again is released and never told unknown (16), and no two living realms share an id (18).
 */
export const racesReached = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 30, 31,
  55,
] as const

export type Race = (typeof racesReached)[number]

/** A link of a client to a node; links are numbered in the order of their opening. */
export interface LinkOf {
  readonly clientId: string
  readonly node: number
  readonly nth: number
}

/** What the journal and the handlers of a dying tab say of a call that it holds. */
export interface HeldCall {
  readonly isJournaled: boolean
  readonly hasBegun: boolean
  readonly hasOutcome: boolean
}

/** Counts how often each race came about: a test that never meets one proves nothing about it. */
export class Races {
  readonly counts: Map<Race, number> = new Map()
  readonly #claimants = new Map<string, Set<string>>()
  readonly #said = new Set<string>()
  readonly #newest = new Map<string, LinkOf>()
  #lastSettledAt = -1

  count(race: Race): void {
    this.counts.set(race, (this.counts.get(race) ?? 0) + 1)
  }

  stored(event: ConversationEvent, before: ConversationState): void {
    if (event.type === 'step-started' && before.turn?.running) this.count(21)
    if (event.type !== 'call-settled') return
    if (event.at === this.#lastSettledAt) this.count(31)
    this.#lastSettledAt = event.at
    const phase = findCall(before, event.callId)?.phase
    const wasCancelled = phase?.state === 'executing' && phase.cancelUntil !== null
    if (wasCancelled && event.output !== undefined) this.count(11)
  }

  hello(link: LinkOf): void {
    const last = this.#newest.get(link.clientId)
    if (last && last.node !== link.node) this.count(26)
    this.#newest.set(link.clientId, link)
  }

  command(command: ClientCommand, { clientId }: LinkOf, { state, hasBegun }: Now): void {
    const call = 'callId' in command ? findCall(state, command.callId) : undefined
    if (command.type === 'send' && this.#isRepeat(`send ${command.message.id}`)) this.count(55)
    if (command.type === 'claim' && call) this.#claim(command, clientId, call)
    if (command.type === 'cancel' && call) this.#cancel(call, hasBegun)
    if (command.type === 'result' && call) this.#result(command, clientId, call)
  }

  granted(callId: string, { clientId }: LinkOf, state: ConversationState): void {
    const call = findCall(state, callId)
    if (!call || isSettled(call)) this.count(3)
    if (this.#said.has(`granted ${callId} to ${clientId}`)) this.count(4)
  }

  told(event: ConversationEvent | undefined, { clientId, nth }: LinkOf): void {
    if (nth < (this.#newest.get(clientId)?.nth ?? nth)) this.count(27)
    if (event?.type === 'call-granted') this.#said.add(`granted ${event.callId} to ${clientId}`)
  }

  /** A tab dies that holds a call. */
  died({ isJournaled, hasBegun, hasOutcome }: HeldCall): void {
    if (!isJournaled) this.count(5)
    else if (!hasBegun) this.count(6)
    else this.count(hasOutcome ? 8 : 7)
  }

  #claim(command: Of<'claim'>, clientId: string, { callId, phase }: Call): void {
    const key = `${callId}:${command.attempt}`
    const isRepeat = this.#isRepeat(`claim ${key} ${clientId}`)
    if (isRepeat && phase.state === 'executing' && phase.holder === clientId) this.count(2)
    const claimants = this.#claimants.get(key) ?? new Set()
    this.#claimants.set(key, claimants.add(clientId))
    if (claimants.size > 1 && phase.state === 'queued') this.count(1)
    if (phase.state === 'cancelled') this.count(12)
  }

  #cancel(call: Call, hasBegun: Now['hasBegun']): void {
    const { phase } = call
    if (isSettled(call)) this.count(14)
    if (phase.state === 'executing' && !hasBegun(call.callId, phase.attempt)) this.count(13)
  }

  #result(command: Of<'result'>, clientId: string, { callId, phase }: Call): void {
    if (this.#isRepeat(`result ${callId}:${command.attempt} ${clientId}`)) this.count(9)
    if (command.holder !== undefined && command.holder !== clientId) this.count(19)
    if (phase.state !== 'executing' && phase.state !== 'queued') return
    if (command.attempt < phase.attempt) this.count(15)
    if (phase.state === 'executing' && phase.suspectUntil !== null) this.count(10)
  }

  #isRepeat(key: string): boolean {
    const isKnown = this.#said.has(key)
    this.#said.add(key)
    return isKnown
  }
}

type Of<T extends ClientCommand['type']> = Extract<ClientCommand, { type: T }>

interface Now {
  readonly state: ConversationState
  readonly hasBegun: (callId: string, attempt: number) => boolean
}
