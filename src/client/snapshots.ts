import type { Message, ToolPart } from '../protocol/index.ts'
import { type Call, type ConversationState, type Undoable, goesOn } from '../turn/index.ts'
import { callsOf } from './calls-of.ts'
import type { Followed } from './follow.ts'
import { keep, keepList, keepMessage, keepWhole } from './keep-unchanged.ts'
import {
  type LiveParts,
  type LocalView,
  type Snapshot,
  messagesNow,
  statusOf,
  undosFrom,
  withLive,
} from './view.ts'

/** The messages of turns that are over, as they are shown. */
interface Archive {
  readonly of: readonly Message[]
  readonly undoables: readonly Undoable[]
  readonly asked: Call | null | undefined
  readonly undos: LiveParts
  readonly messages: readonly Message[]
  readonly calls: readonly ToolPart[]
}

/**
 * Makes one snapshot after another. All that a snapshot has in common with the one before is taken from there, so that
 * what shows a part need not look into it to see that it is as it was; and what is over is gone through when something
 * is added to it, not for every piece of text.
 */
export class Snapshots {
  last: Snapshot = { ...nothingShown, status: 'ready', connection: 'connecting', error: null }
  #archive = nothingArchived

  next(followed: Followed, local: LocalView): Snapshot {
    const { turn, lastTurn } = followed.conversation
    const last = this.last
    const archive = this.#archived(followed.conversation)
    const before = last.messages.slice(archive.messages.length)
    const now = keepList(before, messagesNow(followed, local, archive.undos), keepMessage)
    const error = local.linkError ?? (turn ? null : (lastTurn?.error ?? null))
    const next: Snapshot = {
      status: statusOf(followed, local),
      messages: keepWhole(last.messages, archive.messages.concat(now)),
      calls: keepWhole(last.calls, archive.calls.concat(callsOf(now))),
      connection: local.connection,
      error: keep(last.error, error),
    }
    this.last = keep(last, next, 1)
    return this.last
  }

  #archived({ messages: of, undoables, undoQueue }: ConversationState): Archive {
    const old = this.#archive
    const asked = undoQueue[0]?.call
    const sameUndos = undoables === old.undoables && asked === old.asked
    if (of === old.of && sameUndos) return old
    const undos = sameUndos ? old.undos : undosFrom(undoables, asked)
    const before = sameUndos && goesOn(old.of, of) ? old : nothingArchived
    const shown = withLive(of.slice(before.of.length), undos)
    const added = keepList(this.last.messages.slice(before.of.length), shown, keepMessage)
    this.#archive = {
      of,
      undoables,
      asked,
      undos,
      messages: before.messages.concat(added),
      calls: before.calls.concat(callsOf(added)),
    }
    return this.#archive
  }
}

const nothingShown: Pick<Snapshot, 'messages' | 'calls'> = { messages: [], calls: [] }

const nothingArchived: Archive = {
  ...nothingShown,
  of: [],
  undoables: [],
  asked: undefined,
  undos: new Map(),
}
