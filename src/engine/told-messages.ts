import type { Json } from '../base/index.ts'
import type { Message, MessagePart, ResultPart, ToolPart } from '../protocol/index.ts'
import {
  type ConversationState,
  type Undoable,
  archiveTurn,
  messagesOf,
  oncePerPair,
} from '../turn/index.ts'

/** The messages as the model is told them: behind a result that was taken back since, that it was. */
export function toldMessages(state: ConversationState): readonly Message[] {
  const notes = notesOn(state.undoables)
  if (notes.size === 0) return messagesOf(state)
  const now = archiveTurn(state.turn).map((message) => annotated(message, notes))
  return annotatedArchive(state.messages, state.undoables).concat(now)
}

const annotatedArchive = oncePerPair(
  (archive: readonly Message[], undoables: readonly Undoable[]) => {
    const notes = notesOn(undoables)
    return archive.map((message) => annotated(message, notes))
  },
)

function notesOn(undoables: readonly Undoable[]): ReadonlyMap<string, string> {
  const notes = new Map<string, string>()
  for (const { toolCallId, state: end } of undoables)
    if (end === 'undone' || end === 'unknown') notes.set(toolCallId, noteOf[end])
  return notes
}

const noteOf = {
  undone: '[Taken back since, at the wish of the user: what this call did is undone.]',
  unknown:
    '[The user wanted this call taken back since. It may or may not be undone: look before you build on it.]',
}

function annotated(message: Message, notes: ReadonlyMap<string, string>): Message {
  const isMeant = (part: MessagePart): part is ToolPart =>
    part.type === 'tool' && notes.has(part.toolCallId)
  if (!message.parts.some(isMeant)) return message
  const parts = message.parts.map((part) => {
    if (!isMeant(part)) return part
    const text = notes.get(part.toolCallId) ?? ''
    return { ...part, modelOutput: [...shown(part), { type: 'text', text } as const] }
  })
  return { ...message, parts }
}

function shown({ modelOutput, output }: ToolPart): readonly ResultPart[] {
  if (modelOutput) return modelOutput
  if (typeof output === 'string') return [{ type: 'text', text: output }]
  return [{ type: 'json', value: (output ?? null) as Json }]
}
