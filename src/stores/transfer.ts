import { ToolwireError, isObject } from '../base/index.ts'
import type { Store } from '../ports/index.ts'
import { type ConversationEvent, isAuditLog } from '../protocol/index.ts'

/** Of the lines, not of the events: a newer one may hold what this version would lose. */
const format = 1

interface Head {
  readonly toolwire: 'conversation'
  readonly format: number
  readonly id: string
  /** How many lines follow. */
  readonly events: number
}

/** A conversation as JSON lines without their line ends: one that says what follows, then one for each event. */
export async function* exportConversation(
  store: Store,
  conversationId: string,
): AsyncGenerator<string, void, undefined> {
  const events = await store.read(conversationId, 0)
  if (events.length === 0 || isAuditLog(conversationId))
    throw new ToolwireError('STORE_FAILED', `The store has no conversation "${conversationId}".`, {
      hint: 'Ids are told by `conversations()` of the store.',
    })
  const head: Head = { toolwire: 'conversation', format, id: conversationId, events: events.length }
  yield JSON.stringify(head)
  for (const event of events) yield JSON.stringify(event)
}

/**
 * Puts an exported conversation into a store under its own id, as a whole or not at all, and resolves with the id.
 * @throws {@link ToolwireError} `IMPORT_REFUSED` where the lines are no whole export or the store has a conversation
 *   of this id; `STORE_NEWER` where a newer version of this package wrote them
 */
export async function importConversation(
  store: Store,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<string> {
  let head: Head | null = null
  const events: ConversationEvent[] = []
  for await (const line of lines) {
    if (line.trim() === '') continue
    if (head) events.push(eventOf(line, events.length + 2))
    else head = headOf(line)
  }
  if (!head) throw refused('There is nothing to import.')
  if (events.length !== head.events)
    throw refused(`The export has ${events.length} events, and ${head.events} were written.`)
  const result = await store.commit(head.id, 0, events)
  if (result === 'conflict')
    throw refused(`The store has a conversation "${head.id}" already.`, 'Delete that one first.')
  if (result === 'unknown')
    throw new ToolwireError('STORE_FAILED', 'The connection broke during the import.', {
      hint: 'Look whether the conversation is there: it is so as a whole or not at all.',
    })
  return head.id
}

function headOf(line: string): Head {
  const value = parse(line, 1)
  const { toolwire, format: written, id, events } = value
  if (toolwire !== 'conversation' || typeof written !== 'number')
    throw refused('The first line is not that of an exported conversation.')
  if (written > format)
    throw new ToolwireError(
      'STORE_NEWER',
      `The export has format ${written}, and this version of toolwire knows formats up to ${format}.`,
      { hint: 'Update toolwire. Nothing was imported.' },
    )
  if (typeof id !== 'string' || typeof events !== 'number' || isAuditLog(id))
    throw refused('The first line does not say which conversation follows and how long it is.')
  return { toolwire, format: written, id, events }
}

function eventOf(line: string, at: number): ConversationEvent {
  const value = parse(line, at)
  if (typeof value['type'] !== 'string') throw refused(`Line ${at} is no event.`)
  // A log keeps what it is given: who may import may write anything into it.
  return value as unknown as ConversationEvent
}

function parse(line: string, at: number): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw refused(`Line ${at} is no JSON.`, undefined, cause)
  }
  if (isObject(value)) return value
  throw refused(`Line ${at} is no JSON object.`)
}

function refused(
  problem: string,
  hint = 'Export the conversation again; nothing was imported.',
  cause?: unknown,
): ToolwireError {
  return new ToolwireError('IMPORT_REFUSED', problem, {
    hint,
    ...(cause !== undefined && { cause }),
  })
}
