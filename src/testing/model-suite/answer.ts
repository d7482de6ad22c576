import { isToolwireError } from '../../base/index.ts'
import type { ModelEvent } from '../../ports/index.ts'

type EventOf<T extends ModelEvent['type']> = Extract<ModelEvent, { type: T }>

/** What came of one request. */
export interface Answer {
  readonly events: readonly ModelEvent[]
  readonly text: string
  readonly reasoning: string
  readonly refusal: string
  readonly calls: readonly EventOf<'tool-input-end'>[]
  readonly error: EventOf<'error'>['error'] | undefined
  readonly finish: EventOf<'finish'> | undefined
}

export async function gather(stream: AsyncIterable<ModelEvent>): Promise<Answer> {
  const events: ModelEvent[] = []
  for await (const event of stream) events.push(event)
  const all = <T extends ModelEvent['type']>(type: T): EventOf<T>[] =>
    events.filter((event): event is EventOf<T> => event.type === type)
  const said = (type: 'text-delta' | 'reasoning-delta' | 'refusal-delta'): string =>
    all(type)
      .map(({ text }) => text)
      .join('')
  return {
    events,
    text: said('text-delta'),
    reasoning: said('reasoning-delta'),
    refusal: said('refusal-delta'),
    calls: all('tool-input-end'),
    error: all('error')[0]?.error,
    finish: all('finish')[0],
  }
}

/** The events with what chance decides taken out: where texts were split, and which ids were made up. */
export function essence({ events }: Answer): readonly unknown[] {
  const ids = new Map<string, string>()
  const known = (id: string): string => {
    const name = ids.get(id) ?? `call ${ids.size + 1}`
    ids.set(id, name)
    return name
  }
  const plain: Record<string, unknown>[] = []
  for (const event of events) {
    const next: Record<string, unknown> = { ...event, ...textOf(event) }
    if ('toolCallId' in event && event.toolCallId) next['toolCallId'] = known(event.toolCallId)
    if (event.type === 'error') next['error'] = messageOf(event.error)
    const last = plain.at(-1)
    const goesOn =
      last &&
      'text' in next &&
      next['type'] === last['type'] &&
      next['toolCallId'] === last['toolCallId']
    if (goesOn) last['text'] = `${String(last['text'])}${String(next['text'])}`
    else plain.push(next)
  }
  return plain
}

function textOf(event: ModelEvent): { readonly text?: string; readonly delta?: undefined } {
  return event.type === 'tool-input-delta' ? { text: event.delta, delta: undefined } : {}
}

function messageOf(error: unknown): string {
  return isToolwireError(error) ? `${error.code}: ${error.message}` : 'no error of this package'
}
