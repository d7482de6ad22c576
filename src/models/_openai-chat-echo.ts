import { type Json, type JsonObject, isObject } from '../base/index.ts'
import type { AnswerSize } from './_answer-size.ts'
import { type Foreign, isText } from './_json.ts'

type Detail = Record<string, Json>

/** The fields of an answer that go back with it, put together from its events. */
export class EchoedFields {
  readonly #size: AnswerSize
  readonly #kept: Record<string, Json> = {}

  constructor(size: AnswerSize) {
    this.#size = size
  }

  /** `undefined` where nothing has to go back. */
  get state(): JsonObject | undefined {
    return Object.keys(this.#kept).length > 0 ? this.#kept : undefined
  }

  /** Text grows, a list goes on, and of anything else the last counts. */
  add(field: string, value: Foreign): void {
    if (value === undefined || value === null || value === '') return
    const before = this.#kept[field]
    this.#size.add(isText(value) ? value.length : JSON.stringify(value).length)
    if (Array.isArray(value)) this.#kept[field] = goOn(Array.isArray(before) ? before : [], value)
    else this.#kept[field] = isText(value) && isText(before) ? before + value : value
  }
}

/**
 * Joins streamed `reasoning_details`: the pieces of a text that is signed as a whole share type and index,
 * and the signature may come last and alone. Everything else stays as it came, in order.
 */
function goOn(details: Json[], [first, ...more]: readonly Json[]): Json[] {
  const last = details.at(-1)
  // Only what comes with another event can continue: items of one event are items.
  if (isObject(last) && isObject(first) && continues(last, first)) joinDetail(last, first)
  else if (first !== undefined) details.push(first)
  for (const detail of more) details.push(detail)
  return details
}

function continues(last: JsonObject, detail: JsonObject): boolean {
  const same = ['type', 'index', 'id', 'format'].every(
    (field) => (detail[field] ?? last[field]) === (last[field] ?? detail[field]),
  )
  return same && !last['signature'] && detail['data'] === undefined
}

function joinDetail(last: Detail, detail: JsonObject): void {
  for (const [field, value] of Object.entries(detail)) {
    const before = last[field]
    const grows = (field === 'text' || field === 'summary') && isText(before) && isText(value)
    if (value !== null) last[field] = grows ? before + value : value
  }
}
