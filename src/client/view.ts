import type { Message, MessagePart, ToolPart, UndoView } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import { type Call, type Undoable, archiveTurn, isSettled } from '../turn/index.ts'
import type { DraftPart, Followed } from './follow.ts'
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

export function statusOf({ conversation, draft }: Followed, { unsent }: LocalView): ClientStatus {
  const { turn, lastTurn } = conversation
  if (!turn) {
    if (unsent.length > 0) return 'submitted'
    return lastTurn?.reason === 'error' ? 'error' : 'ready'
  }
  if (draft && draft.parts.length > 0) return 'streaming'
  return turn.running || turn.calls.every(isSettled) ? 'submitted' : 'waiting'
}

/** The messages after those of turns that are over. */
export function messagesNow(
  followed: Followed,
  local: LocalView,
  undos: LiveParts,
): readonly Message[] {
  const { conversation } = followed
  const live = liveParts(followed, undos)
  return [
    ...withLive(archiveTurn(conversation.turn), live),
    ...draftMessage(followed, local),
    ...conversation.queue.map(({ message }) => message),
    ...local.unsent,
  ]
}

/** What is shown of a call beside what its message holds, by tool call id. */
export type LiveParts = ReadonlyMap<string, LivePart>
type LivePart = Pick<ToolPart, 'progress' | 'timeoutMs' | 'undo'>

function liveParts({ progress, conversation }: Followed, undos: LiveParts): LiveParts {
  const live = new Map(undos)
  for (const { callId, toolCallId, phase, timeoutMs } of conversation.turn?.calls ?? []) {
    const latest = progress.get(callId)
    const isRunning = phase.state === 'executing'
    if (latest || isRunning)
      live.set(toolCallId, {
        ...live.get(toolCallId),
        ...(latest && { progress: latest.value }),
        ...(isRunning && { timeoutMs }),
      })
  }
  return live
}

/** What is to be said of calls that can be taken back, or were; `asked` is the call that is to take one back. */
export function undosFrom(undoables: readonly Undoable[], asked?: Call | null): LiveParts {
  return new Map(
    undoables.map((one) => {
      const isAsked = asked?.undoOf === one.callId && asked.phase.state === 'approval-requested'
      return [one.toolCallId, { undo: undoView(one, isAsked) }]
    }),
  )
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

export function withLive(messages: readonly Message[], live: LiveParts): readonly Message[] {
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
