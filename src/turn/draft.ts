import type { ConversationEvent, ReplyStatus } from '../protocol/index.ts'
import { evolve } from './evolve.ts'
import type { ConversationState, Turn } from './state.ts'

/** A decision in the making: each event counts as soon as it is emitted, so that the next rule sees it. */
export class Draft {
  readonly events: ConversationEvent[] = []
  readonly now: number
  state: ConversationState
  why: string | undefined

  constructor(state: ConversationState, now: number) {
    this.state = state
    this.now = now
  }

  emit(event: ConversationEvent): void {
    this.events.push(event)
    this.state = evolve(this.state, event)
  }

  /** The running turn, as the events so far leave it. */
  get turn(): Turn | null {
    return this.state.turn
  }

  /** Refuses the command with a reason for people. */
  refuse(reply: ReplyStatus, why: string): ReplyStatus {
    this.why = why
    return reply
  }
}
