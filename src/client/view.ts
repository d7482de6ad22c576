import type { Message, MessagePart, ToolPart, TurnError } from '../protocol/index.ts'
import { type Call, type Undoable, archiveTurn, isSettled, oncePerPair } from '../turn/index.ts'
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
  const { conversation } = followed
  const undos = undosFrom(conversation.undoables, conversation.undoQueue[0]?.call ?? notAsked)
  const before = archived(conversation.messages, undos)
  const now = [
    ...archiveTurn(conversation.turn).map((message) =>
      withUndos(addProgress(message, followed), undos),
    ),
    ...draftMessage(followed, local),
    ...conversation.queue.map(({ message }) => message),
    ...local.unsent,
  ]
  const turnError: TurnError | undefined = conversation.lastTurn?.error
  return {
    status: statusOf(followed, local.unsent.length > 0),
    messages: before.messages.concat(now),
    calls: before.calls.concat(callsIn(now)),
    connection: local.connection,
    error: local.linkError ?? (conversation.turn ? null : (turnError ?? null)),
  }
}

/** The messages of turns that are over and their calls; a snapshot is taken at every piece of text. */
const archived = oncePerPair((archive: readonly Message[], undos: Undos) => {
  const messages = undos.size === 0 ? archive : archive.map((message) => withUndos(message, undos))
  return { messages, calls: callsIn(messages) }
})

function callsIn(messages: readonly Message[]): readonly ToolPart[] {
  return messages.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool'))
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

type Undo = NonNullable<ToolPart['undo']>
/** What is to be said of calls that can be taken back, or were, by tool call id. */
type Undos = ReadonlyMap<string, Undo>

const notAsked: Partial<Call> = {}

// Of two calls with one id the first counts.
const undosFrom = oncePerPair(
  (undoables: readonly Undoable[], asked: Partial<Call>): Undos =>
    new Map(undoables.toReversed().map((one) => [one.toolCallId, undoOf(one, asked)])),
)

function undoOf(undoable: Undoable, asked: Partial<Call>): Undo {
  const { callId, state, turnId, errorCode, errorText, errorForUser } = undoable
  const isAsked = asked.undoOf === callId && asked.phase?.state === 'approval-requested'
  return {
    state: isAsked ? 'approval-requested' : state,
    turnId,
    ...(errorCode !== undefined && { errorCode }),
    ...(errorText !== undefined && { errorText }),
    ...(errorForUser !== undefined && { errorForUser }),
  }
}

function withUndos(message: Message, undos: Undos): Message {
  const parts = message.parts.map((part) => {
    const undo = part.type === 'tool' && undos.get(part.toolCallId)
    return undo ? { ...part, undo } : part
  })
  return { ...message, parts }
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
