import type { Message, MessagePart, ToolPart, TurnError } from '../protocol/index.ts'
import { isSettled, messagesOf } from '../turn/index.ts'
import type { DraftPart, Followed } from './follow.ts'
import type { ConnectionStatus } from './link.ts'

/**
 * What the conversation is doing: `ready` for a message, `submitted` until the model says something,
 * `streaming` while it writes, `waiting` while tools run or a person is asked, `error` after a failed turn.
 */
export type ClientStatus = 'ready' | 'submitted' | 'streaming' | 'waiting' | 'error'

/** One immutable picture of the conversation. */
export interface Snapshot {
  readonly status: ClientStatus
  readonly messages: readonly Message[]
  /** Every call in the messages, in order. */
  readonly calls: readonly ToolPart[]
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
  const known = messagesOf(followed.conversation)
  const queued = followed.conversation.queue.map(({ message }) => message)
  const isPlain = followed.progress.size === 0 && followed.conversation.undoables.length === 0
  const whole = isPlain
    ? known
    : known.map((message) => addUndo(addProgress(message, followed), followed))
  const messages = [...whole, ...draftMessage(followed, local), ...queued, ...local.unsent]
  const turnError: TurnError | undefined = followed.conversation.lastTurn?.error
  return {
    status: statusOf(followed, local.unsent.length > 0),
    messages,
    calls: callsOf(messages),
    connection: local.connection,
    error: local.linkError ?? (followed.conversation.turn ? null : (turnError ?? null)),
  }
}

// Asked at every frame, so it is a loop.
function callsOf(messages: readonly Message[]): readonly ToolPart[] {
  const calls: ToolPart[] = []
  for (const { parts } of messages)
    for (const part of parts) if (part.type === 'tool') calls.push(part)
  return calls
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

function addProgress(message: Message, { progress, conversation }: Followed): Message {
  if (progress.size === 0 || !conversation.turn) return message
  const byToolCallId = new Map(
    conversation.turn.calls.map((call) => [call.toolCallId, progress.get(call.callId)]),
  )
  const add = (part: MessagePart): MessagePart => {
    if (part.type !== 'tool') return part
    const latest = byToolCallId.get(part.toolCallId)
    return latest ? { ...part, progress: latest.value } : part
  }
  return { ...message, parts: message.parts.map(add) }
}

function addUndo(message: Message, { conversation }: Followed): Message {
  const { undoables, undoQueue } = conversation
  const asked = undoQueue[0]?.call
  if (undoables.length === 0) return message
  const add = (part: MessagePart): MessagePart => {
    const found =
      part.type === 'tool' ? undoables.find((one) => one.toolCallId === part.toolCallId) : undefined
    if (part.type !== 'tool' || !found) return part
    const { state, turnId, errorCode, errorText, errorForUser } = found
    const isAsked = asked?.undoOf === found.callId && asked.phase.state === 'approval-requested'
    return {
      ...part,
      undo: {
        state: isAsked ? 'approval-requested' : state,
        turnId,
        ...(errorCode !== undefined && { errorCode }),
        ...(errorText !== undefined && { errorText }),
        ...(errorForUser !== undefined && { errorForUser }),
      },
    }
  }
  return { ...message, parts: message.parts.map(add) }
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
