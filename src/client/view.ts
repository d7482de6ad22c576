import type { Message, MessagePart, ToolPart, TurnError, UndoView } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import { type Undoable, isSettled, messagesOf } from '../turn/index.ts'
import type { DraftPart, Followed } from './follow.ts'
import { callsOf } from './calls-of.ts'
import type { ConnectionStatus } from './link.ts'
import type { MessageOf, ToolPartOf } from './typed-parts.ts'

/**
 * What the conversation is doing: `ready` for a message, `submitted` until the model says something,
 * `streaming` while it writes, `waiting` while tools run or a person is asked, `error` after a failed turn.
 */
export type ClientStatus = 'ready' | 'submitted' | 'streaming' | 'waiting' | 'error'

/** One immutable picture of the conversation. */
export interface Snapshot<Tools extends AnyTool = AnyTool> {
  readonly status: ClientStatus
  readonly messages: readonly MessageOf<Tools>[]
  /** Every call in the messages, in order. */
  readonly calls: readonly ToolPartOf<Tools>[]
  readonly connection: ConnectionStatus
  /** Why the last turn or the link failed. */
  readonly error: ClientError | null
}

export interface ClientError {
  readonly code: string
  readonly text: string
  /** Finds the full error in the server's log; absent where the client itself failed. */
  readonly errorId?: string
}

/** The parts of a snapshot that are not in the log. */
export interface LocalView {
  readonly connection: ConnectionStatus
  readonly linkError: ClientError | null
  /** Messages that were sent and did not come back in the log yet. */
  readonly unsent: readonly Message[]
  /** What can be read of the input in part `p` of the draft. */
  readonly partialInput: (p: number) => unknown
}

export function snapshotOf(followed: Followed, local: LocalView): Snapshot {
  const { conversation } = followed
  const queued = conversation.queue.map(({ message }) => message)
  const messages = [
    ...withLive(messagesOf(conversation), liveParts(followed)),
    ...draftMessage(followed, local),
    ...queued,
    ...local.unsent,
  ]
  const turnError: TurnError | undefined = conversation.lastTurn?.error
  return {
    status: statusOf(followed, local.unsent.length > 0),
    messages,
    calls: callsOf(messages),
    connection: local.connection,
    error: local.linkError ?? (conversation.turn ? null : (turnError ?? null)),
  }
}

function statusOf({ conversation, draft }: Followed, sending: boolean): ClientStatus {
  const { turn, lastTurn } = conversation
  if (!turn) {
    if (sending) return 'submitted'
    return lastTurn?.reason === 'error' ? 'error' : 'ready'
  }
  if (draft && draft.parts.length > 0) return 'streaming'
  return turn.running || turn.calls.every(isSettled) ? 'submitted' : 'waiting'
}

/** What is shown of a call beside what its message holds, by tool call id. */
type LivePart = Pick<ToolPart, 'progress' | 'timeoutMs' | 'undo'>
type LiveParts = ReadonlyMap<string, LivePart>

function liveParts({ progress, conversation }: Followed): LiveParts {
  const { turn, undoables, undoQueue } = conversation
  const live = new Map<string, LivePart>()
  for (const { callId, toolCallId, phase, timeoutMs } of turn?.calls ?? []) {
    const latest = progress.get(callId)
    const isRunning = phase.state === 'executing'
    if (latest || isRunning)
      live.set(toolCallId, {
        ...(latest && { progress: latest.value }),
        ...(isRunning && { timeoutMs }),
      })
  }
  const asked = undoQueue[0]?.call
  for (const one of undoables) {
    const isAsked = asked?.undoOf === one.callId && asked.phase.state === 'approval-requested'
    const { toolCallId } = one
    live.set(toolCallId, { ...live.get(toolCallId), undo: undoView(one, isAsked) })
  }
  return live
}

function undoView(undoable: Undoable, isAsked: boolean): UndoView {
  const { state, turnId, errorCode, errorText, errorForUser } = undoable
  return {
    state: isAsked ? 'approval-requested' : state,
    turnId,
    ...(errorCode !== undefined && { errorCode }),
    ...(errorText !== undefined && { errorText }),
    ...(errorForUser !== undefined && { errorForUser }),
  }
}

function withLive(messages: readonly Message[], live: LiveParts): readonly Message[] {
  if (live.size === 0) return messages
  const liveOf = (part: MessagePart): LivePart | undefined =>
    part.type === 'tool' ? live.get(part.toolCallId) : undefined
  return messages.map((message) =>
    message.parts.some(liveOf)
      ? { ...message, parts: message.parts.map((part) => ({ ...part, ...liveOf(part) })) }
      : message,
  )
}

function draftMessage({ draft }: Followed, { partialInput }: LocalView): readonly Message[] {
  if (!draft || draft.parts.length === 0) return []
  const parts = draft.parts.map((part, p) => draftPart(part, () => partialInput(p)))
  return [{ id: draft.messageId, role: 'assistant', parts, metadata: {} }]
}

function draftPart({ head, text }: DraftPart, partialInput: () => unknown): MessagePart {
  if (head.type !== 'tool') return { type: head.type, text }
  const input = partialInput()
  return {
    type: 'tool',
    toolCallId: head.toolCallId,
    toolName: head.toolName,
    state: 'input-streaming',
    inputText: text,
    ...(input !== undefined && { input }),
    timings: {},
  }
}
