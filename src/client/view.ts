import type { Message, MessagePart, ToolPart, TurnError } from '../protocol/index.ts'
import {
  type Call,
  type ConversationState,
  type Undoable,
  archiveFacts,
  archiveTurn,
  isSettled,
  oncePerPair,
} from '../turn/index.ts'
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
  const undos = undosOf(conversation)
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

type Shown = Pick<Snapshot, 'messages' | 'calls'>

/** The messages of turns that are over. A snapshot is taken at every piece of text, so little is done for them. */
function archived(messages: readonly Message[], undos: Undos): Shown {
  return undos.size === 0
    ? { messages, calls: callsBefore(messages) }
    : markedArchive(messages, undos)
}

const callsBefore = archiveFacts(() => [], addCalls)

const markedArchive = oncePerPair((archive: readonly Message[], undos: Undos): Shown => {
  const messages = archive.map((message) => withUndos(message, undos))
  return { messages, calls: callsIn(messages) }
})

function callsIn(messages: readonly Message[]): readonly ToolPart[] {
  const calls: ToolPart[] = []
  for (const message of messages) addCalls(calls, message)
  return calls
}

function addCalls(calls: ToolPart[], { parts }: Message): void {
  for (const part of parts) if (part.type === 'tool') calls.push(part)
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

function undosOf({ undoables, undoQueue }: ConversationState): Undos {
  return undosFrom(undoables, undoQueue[0]?.call ?? notAsked)
}

const notAsked: Partial<Call> = {}

const undosFrom = oncePerPair(
  (undoables: readonly Undoable[], asked: Partial<Call>): Undos =>
    // Of two calls with one id the first counts.
    new Map(undoables.toReversed().map((one) => [one.toolCallId, undoOf(one, asked)])),
)

const undoOf = oncePerPair((undoable: Undoable, asked: Partial<Call>): Undo => {
  const { callId, state, turnId, errorCode, errorText, errorForUser } = undoable
  const isAsked = asked.undoOf === callId && asked.phase?.state === 'approval-requested'
  return {
    state: isAsked ? 'approval-requested' : state,
    turnId,
    ...(errorCode !== undefined && { errorCode }),
    ...(errorText !== undefined && { errorText }),
    ...(errorForUser !== undefined && { errorForUser }),
  }
})

// Who shows a message again only where it is another object has little to do for a long conversation.
const markedMessages = new WeakMap<Message, { readonly marks: Marks; readonly message: Message }>()

/** Of each part, where there is any. */
type Marks = readonly (Undo | undefined)[]

function withUndos(message: Message, undos: Undos): Message {
  const marks = message.parts.map((part) =>
    part.type === 'tool' ? undos.get(part.toolCallId) : undefined,
  )
  if (marks.every((mark) => mark === undefined)) return message
  const known = markedMessages.get(message)
  if (known?.marks.every((mark, at) => mark === marks[at])) return known.message
  const parts = message.parts.map((part, at): MessagePart => {
    const undo = marks[at]
    return part.type === 'tool' && undo ? { ...part, undo } : part
  })
  const marked = { ...message, parts }
  markedMessages.set(message, { marks, message: marked })
  return marked
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
