// The promises of src/ports/model.ts about the order and the content of events.
import { isDeepStrictEqual } from 'node:util'
import { ModelError } from '../../src/models/_model-error.ts'
import type { ModelEvent } from '../../src/ports/index.ts'

type EventOf<T extends ModelEvent['type']> = Extract<ModelEvent, { type: T }>

export function allOf<T extends ModelEvent['type']>(
  events: readonly ModelEvent[],
  type: T,
): readonly EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type)
}

/** What of the promises is broken. `corrects`: whether the end of a call may change what came of its input. */
export function* ruleFindings(events: readonly ModelEvent[], corrects: boolean): Generator<string> {
  yield* pairFindings(events, corrects)
  for (const call of allOf(events, 'tool-input-end')) yield* inputFindings(call)
  for (const event of events)
    if ('text' in event && (typeof event.text !== 'string' || event.text === ''))
      yield 'a text says nothing'
  const finishes = allOf(events, 'finish')
  const [finish] = finishes
  if (finishes.length !== 1 || !finish) yield `finish comes ${finishes.length} times`
  else if (events.at(-1) !== finish) yield 'finish is not last'
  else yield* finishFindings(finish, events)
}

function* pairFindings(events: readonly ModelEvent[], corrects: boolean): Generator<string> {
  const texts = new Map<string, string>()
  const open = new Map<string, string>()
  for (const event of events)
    if (event.type === 'tool-input-start') {
      if (texts.has(event.toolCallId) || event.toolCallId === '') yield 'an id is not unique'
      texts.set(event.toolCallId, '')
      open.set(event.toolCallId, event.toolName)
    } else if (event.type === 'tool-input-delta') {
      if (!open.has(event.toolCallId)) yield 'a delta is outside its call'
      texts.set(event.toolCallId, texts.get(event.toolCallId) + event.delta)
    } else if (event.type === 'tool-input-end') {
      if (open.get(event.toolCallId) !== event.toolName) yield 'an end has no start of that name'
      if (!corrects && texts.get(event.toolCallId) !== event.inputText)
        yield 'the deltas are not the input text'
      open.delete(event.toolCallId)
    }
  if (open.size > 0) yield 'a call has no end'
}

function* inputFindings({
  input,
  inputText,
  problem,
  toolName,
}: EventOf<'tool-input-end'>): Generator<string> {
  if ((input === undefined) === (problem === undefined))
    yield 'a call has not one of input and problem'
  if (typeof toolName !== 'string') yield 'a name is no text'
  if (input === undefined) return
  const value = parse(inputText)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    yield 'the text of an input is no object'
  else if (!isDeepStrictEqual(value, input)) yield 'an input is not what its text says'
}

function* finishFindings(
  { reason, usage }: EventOf<'finish'>,
  events: readonly ModelEvent[],
): Generator<string> {
  const errors = allOf(events, 'error')
  const ends = allOf(events, 'tool-input-end')
  const isCut = ends.some(({ problem }) => problem === 'truncated')
  if (errors.length !== (reason === 'error' ? 1 : 0)) yield 'error and reason disagree'
  if (errors.some(({ error }) => !(error instanceof ModelError && error.hint && error.message)))
    yield 'an error is none of a model'
  if (reason === 'tool-calls' && (isCut || ends.length === 0))
    yield 'tool-calls without a whole call'
  if (reason === 'stop' && ends.length > 0) yield 'stop with a call'
  if (Object.values(usage).some((count) => !Number.isFinite(count))) yield 'a count is no number'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
