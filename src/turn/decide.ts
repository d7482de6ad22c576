import type { Command, ConversationEvent, ReplyStatus } from '../protocol/index.ts'
import { type CallCommand, callCommands } from './call-commands.ts'
import { continuation } from './continuation.ts'
import { Draft } from './draft.ts'
import { type Call, type ConversationState, findCall } from './state.ts'
import { tick } from './tick.ts'
import { advance } from './transitions.ts'
import { type TurnCommand, turnCommands } from './turn-commands.ts'
import { concludeUndo } from './undo-commands.ts'

/** What a command leads to: the events to commit together, and the answer once they are committed. */
export interface Decision {
  readonly events: readonly ConversationEvent[]
  readonly reply: ReplyStatus
  /** Why nothing happened, for people; set where the reply is a refusal. */
  readonly why?: string
}

/**
 * What `command` does to a conversation in `state` at `now` (wall clock, milliseconds). Pure and total:
 * what is not legal is refused in the reply, never thrown. Repeating a command repeats its reply and
 * adds no event.
 */
export function decide(state: ConversationState, command: Command, now: number): Decision {
  const draft = new Draft(state, now)
  const reply = answer(draft, command)
  advance(draft)
  concludeUndo(draft)
  conclude(draft)
  return { events: draft.events, reply, ...(draft.why !== undefined && { why: draft.why }) }
}

type CallHandler = (draft: Draft, call: Call, command: CallCommand) => ReplyStatus

function answer(draft: Draft, command: Command): ReplyStatus {
  if (command.type === 'tick') return tick(draft)
  // Both tables are keyed by the command's own type, which TypeScript cannot follow through the lookup.
  if ('callId' in command) {
    const call = findCall(draft.state, command.callId)
    // Of a turn that is over.
    if (!call) return 'gone'
    const handle = callCommands[command.type] as CallHandler
    return handle(draft, call, command)
  }
  return (turnCommands[command.type] as (d: Draft, c: TurnCommand) => ReplyStatus)(draft, command)
}

/** Ends a turn that is over in the same commit as what ended it, and starts the next in the queue, one after another. */
function conclude(draft: Draft): void {
  const { turn } = draft.state
  if (turn) {
    const next = continuation(turn)
    if (next === 'wait' || next === 'step') return
    draft.emit({
      type: 'turn-finished',
      turnId: turn.turnId,
      reason: next,
      ...(turn.error && { error: turn.error }),
      at: draft.now,
    })
  }
  const [waiting] = draft.state.queue
  if (!waiting) return
  draft.emit({ type: 'turn-started', ...waiting, at: draft.now })
  // A turn may be over before it asks the model, where its conversation has nothing left to spend.
  conclude(draft)
}
