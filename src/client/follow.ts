import type { CallState, ConversationEvent, DraftHead, ServerFrame } from '../protocol/index.ts'
import { logPosition } from '../session/index.ts'
import {
  type ConversationState,
  emptyConversation,
  evolve,
  isKnown,
  isLegal,
  restoreState,
} from '../turn/index.ts'

/** What a client knows of a conversation: the log as far as it came, and what is shown but not kept. */
export interface Followed {
  readonly conversation: ConversationState
  readonly draft: Draft | null
  /** The newest progress of each call, by call id. */
  readonly progress: ReadonlyMap<string, Progress>
}

/** The message that the model is writing. */
export interface Draft {
  readonly messageId: string
  readonly parts: readonly DraftPart[]
}

export interface DraftPart {
  readonly head: DraftHead
  readonly text: string
}

export interface Progress {
  readonly attempt: number
  readonly n: number
  readonly value: unknown
}

/** What a frame did: `gap` says that something is missing, so that the link is to be opened anew. */
export interface Received {
  readonly followed: Followed
  readonly effect: 'changed' | 'unchanged' | 'gap'
  /** An event that the machine refused: a fault of the other end, to be reported. */
  readonly illegal?: ConversationEvent
}

export const nothingFollowed: Followed = {
  conversation: emptyConversation,
  draft: null,
  progress: new Map(),
}

/** Folds a frame into what is known. Pure: a repeated or late frame changes nothing, a gap applies nothing. */
export function receive(followed: Followed, frame: ServerFrame): Received {
  switch (frame.k) {
    case 'e':
      return receiveEvent(followed, frame.s, frame.e)
    case 'snap':
      return changed({ ...nothingFollowed, conversation: restoreState(frame.state) })
    case 'ping':
      return { followed, effect: frame.s > followed.conversation.version ? 'gap' : 'unchanged' }
    case 'd':
      return receiveText(followed, frame)
    case 'p':
      return receiveProgress(followed, frame.c, { attempt: frame.a, n: frame.n, value: frame.x })
    case 'r':
    case 'bye':
      return { followed, effect: 'unchanged' }
  }
}

function receiveEvent(followed: Followed, seq: number, event: ConversationEvent): Received {
  const { conversation, draft } = followed
  const position = logPosition(conversation.version, seq)
  if (position !== 'next') return { followed, effect: position === 'gap' ? 'gap' : 'unchanged' }
  const isOver = event.type === 'step-finished' || event.type === 'turn-finished'
  return {
    ...changed({
      conversation: evolve(conversation, event),
      draft: isOver ? null : draft,
      progress: event.type === 'turn-finished' ? new Map() : followed.progress,
    }),
    // What a newer server adds is passed over; what is known and out of place is a fault.
    ...(isKnown(event) && !isLegal(conversation, event) && { illegal: event }),
  }
}

/** Text is placed by its offset, so that what comes twice after a reconnect is shown once. */
function receiveText(followed: Followed, frame: TextFrame): Received {
  const active = followed.conversation.turn?.running?.messageId
  const draft = followed.draft?.messageId === frame.m ? followed.draft : null
  const part = draft?.parts[frame.p] ?? openedBy(frame, draft)
  // Only the step under way has a draft; where text before this was lost, the message comes with its commit.
  const isLate = active !== frame.m
  if (isLate || !part || frame.o > part.text.length) return { followed, effect: 'unchanged' }
  const fresh = frame.x.slice(part.text.length - frame.o)
  const parts = [...(draft?.parts ?? [])]
  parts[frame.p] = { head: part.head, text: part.text + fresh }
  return changed({ ...followed, draft: { messageId: frame.m, parts } })
}

type TextFrame = Extract<ServerFrame, { k: 'd' }>

/** Parts open one after another, each with its head. */
function openedBy({ h, p }: TextFrame, draft: Draft | null): DraftPart | null {
  return h && p === (draft?.parts.length ?? 0) ? { head: h, text: '' } : null
}

const running: readonly CallState[] = ['queued', 'executing']

function receiveProgress(followed: Followed, callId: string, progress: Progress): Received {
  const call = followed.conversation.turn?.calls.find((candidate) => candidate.callId === callId)
  const last = followed.progress.get(callId)
  const isLate =
    last !== undefined &&
    (last.attempt > progress.attempt || (last.attempt === progress.attempt && last.n >= progress.n))
  if (!call || isLate || !running.includes(call.phase.state))
    return { followed, effect: 'unchanged' }
  return changed({ ...followed, progress: new Map(followed.progress).set(callId, progress) })
}

function changed(followed: Followed): Received {
  return { followed, effect: 'changed' }
}
