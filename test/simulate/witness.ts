import type { LedgerEntry } from '../../src/ports/index.ts'
import type { ClientCommand, ConversationEvent } from '../../src/protocol/index.ts'
import {
  type Call,
  type ConversationState,
  emptyConversation,
  evolve,
  findCall,
  isLegal,
  isSettled,
} from '../../src/turn/index.ts'
import { type Begin, type End, type Evidence, violationsOf } from './invariants.ts'
import { simulationStart } from './sim-clock.ts'
import { type LinkOf, Races } from './races.ts'

/** Sees all that happens in a run, and says which promise was broken. */
export class Witness implements Evidence {
  readonly begins: Begin[] = []
  readonly ends: End[] = []
  readonly cancelled: Set<string> = new Set()
  readonly races: Races = new Races()
  readonly #trace: (line: string) => void
  readonly #violations: string[] = []
  readonly #log: ConversationEvent[] = []
  #state: ConversationState = emptyConversation

  constructor(trace: (line: string) => void) {
    this.#trace = trace
  }

  /** The conversation as it is stored. */
  get state(): ConversationState {
    return this.#state
  }

  get violations(): readonly string[] {
    return [...this.#violations, ...violationsOf(this.#log, this)]
  }

  report(violation: string): void {
    this.#trace(`VIOLATION ${violation}`)
    this.#violations.push(violation)
  }

  stored(events: readonly ConversationEvent[]): void {
    for (const event of events) {
      if (!isLegal(this.#state, event)) this.report(`the log has an illegal ${event.type}`)
      this.#checkCancelled(event)
      this.races.stored(event, this.#state)
      this.#state = evolve(this.#state, event)
      this.#log.push(event)
    }
  }

  begun(begin: Omit<Begin, 'isOver' | 'isLate'>): void {
    const { callId, attempt } = begin
    this.#trace(`begin ${callId.slice(0, 8)} attempt ${attempt}`)
    const call = findCall(this.#state, callId)
    const isOver = !call || isSettled(call)
    const leaseUntil = call?.phase.state === 'executing' ? call.phase.leaseUntil : Infinity
    this.begins.push({ ...begin, isOver, isLate: leaseUntil < simulationStart + begin.at })
  }

  ended(end: End): void {
    this.ends.push(end)
  }

  up(frame: unknown, link: LinkOf): void {
    const { k, c } = frame as { k: string; c?: ClientCommand }
    if (k === 'hello') this.races.hello(link)
    const hasBegun = (callId: string, attempt: number): boolean => this.#hasBegun(callId, attempt)
    if (k === 'c' && c) this.races.command(c, link, { state: this.#state, hasBegun })
  }

  down(frame: unknown, link: LinkOf): void {
    const { k, c = '', st, e } = frame as Frame
    this.races.told(e, link)
    if (k !== 'r') return
    const [type = '', id = ''] = c.split(':')
    if (st === 'granted' && type === 'claim') this.races.granted(id, link, this.#state)
    if (st === 'accepted') this.#checkAccepted(type, id)
  }

  /** A tab dies, and leaves `journal` behind. */
  died(clientId: string, journal: readonly LedgerEntry[]): void {
    for (const { callId, phase } of this.#state.turn?.calls ?? []) {
      if (phase.state !== 'executing' || phase.holder !== clientId) continue
      const entry = journal.find(
        (one) =>
          one.callId === callId && one.attempt === phase.attempt && one.clientId === clientId,
      )
      this.races.died({
        isJournaled: entry !== undefined,
        hasBegun: this.#hasBegun(callId, phase.attempt),
        hasOutcome: entry?.outcome !== undefined,
      })
    }
  }

  #hasBegun(callId: string, attempt: number): boolean {
    return this.begins.some((begin) => begin.callId === callId && begin.attempt === attempt)
  }

  /** What is acknowledged is in the store. */
  #checkAccepted(type: string, id: string): void {
    const has = (test: (event: ConversationEvent) => boolean): boolean => this.#log.some(test)
    if (type === 'result' && !has((e) => e.type === 'call-settled' && e.callId === id))
      this.report(`I9: the result of ${id} was acknowledged and is not stored`)
    if (type === 'send' && !has((e) => 'message' in e && e.message.id === id))
      this.report(`I9: the message ${id} was acknowledged and is not stored`)
    if (type === 'cancel') this.#checkCancel(id)
  }

  /** A cancel that is acknowledged has ended the call, or told its holder. */
  #checkCancel(callId: string): void {
    const call = findCall(this.#state, callId)
    if (!call || isSettled(call)) return
    this.cancelled.add(callId)
    if (!isCancelRequested(call))
      this.report(`I11: ${callId} was cancelled and is "${call.phase.state}"`)
  }

  /** After a cancel, a call is neither granted nor offered again. */
  #checkCancelled(event: ConversationEvent): void {
    if (event.type !== 'call-granted' && event.type !== 'call-queued') return
    const call = findCall(this.#state, event.callId)
    if (call && isCancelRequested(call))
      this.report(`I11: ${event.callId} was cancelled, and then came ${event.type}`)
  }
}

interface Frame {
  readonly k: string
  readonly c?: string
  readonly st?: string
  readonly e?: ConversationEvent
}

function isCancelRequested({ phase }: Call): boolean {
  return phase.state === 'executing' && phase.cancelUntil !== null
}
