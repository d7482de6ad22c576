import type { AuditWriter, Redact } from '../guards/index.ts'
import type { ClientCommand, Principal, ReplyStatus, Sender } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import { type Call, evolve, findCall } from '../turn/index.ts'
import { entriesOf, factsOf } from './audit-entries.ts'
import type { Conversation } from './conversation.ts'

export interface AuditTrailOptions {
  readonly writer: AuditWriter
  readonly redact: Redact
  readonly toolOf: (call: Call) => AnyTool | null
  readonly now: () => number
}

/** A command that was turned down, and by whom it was sent. */
export interface TurnedDown {
  readonly command: ClientCommand
  readonly reply: ReplyStatus
  readonly why: string | undefined
  readonly sender: Sender
  readonly principal: Principal
}

/** Answers that turn a command down. A claim that comes too late is how executors agree, and no refusal. */
const refusals: readonly ReplyStatus[] = ['denied', 'conflict']
const lateResults: readonly ReplyStatus[] = ['superseded', 'lost', 'gone']

/**
 * Writes the audit from what is committed, so that it misses nothing that happened and says nothing that did not.
 * Each node writes what it committed itself: several of them say nothing twice.
 */
export class AuditTrail {
  readonly #options: AuditTrailOptions

  constructor(options: AuditTrailOptions) {
    this.#options = options
  }

  follow(conversation: Conversation): () => void {
    const options = { ...this.#options, conversationId: conversation.id }
    return conversation.onCommit((events, _, { before, own }) => {
      let state = before
      for (const event of events.slice(0, own)) {
        state = evolve(state, event)
        for (const entry of entriesOf(event, state, options)) options.writer.write(entry)
      }
    })
  }

  /** What was turned down leaves no event, and is written from the answer. */
  answered(
    conversation: Conversation,
    { command, reply, why, sender, principal }: TurnedDown,
  ): void {
    const isLate = command.type === 'result' && lateResults.includes(reply)
    if (!isLate && !refusals.includes(reply)) return
    const { writer, redact, now } = this.#options
    const { id: conversationId, state } = conversation
    const call = 'callId' in command ? findCall(state, command.callId) : undefined
    writer.write({
      type: 'refusal',
      at: now(),
      conversationId,
      ...('callId' in command && { callId: command.callId }),
      ...(call && factsOf(call, state)),
      principalId: principal.id,
      by: sender.clientId,
      command: command.type,
      reply,
      ...(why !== undefined && { reason: String(redact(why)) }),
    })
  }
}
