import { isObject } from '../../base/index.ts'

/** What is wrong, in words that are the same for every wire. */
export type HistoryRule =
  /** A field is missing, of another type, or has a value that the server does not know. */
  | 'shape'
  /** A role that the server does not know. */
  | 'role'
  /** A message stands where its role may not: first, last, or behind another. */
  | 'role-order'
  /** A message, or a part of one, that says nothing. */
  | 'content-empty'
  /** A part of a kind that this role or result may not hold. */
  | 'content-kind'
  /** Data or an address of a file that the server cannot read. */
  | 'media'
  | 'call-id'
  /** Two calls that their results cannot tell apart. */
  | 'call-id-used'
  | 'call-name'
  /** The input of a call is not a JSON object, or not written as this wire writes it. */
  | 'call-input'
  | 'result-missing'
  | 'result-twice'
  /** A result of no call that waits for one. */
  | 'result-orphan'
  /** A result that is not where the server looks for it. */
  | 'result-order'
  /** A result whose content the server refuses. */
  | 'result-content'
  /** Opaque state of the provider that has to be there and is not. */
  | 'state-missing'
  /** Opaque state of the provider without what it belongs to. */
  | 'state-alone'

/** Something in a request for which the server would refuse it. */
export interface HistoryProblem {
  /** Where in the body, as a JSON Pointer. */
  readonly path: string
  readonly rule: HistoryRule
  /** What is wrong, in a sentence. */
  readonly problem: string
}

/** A place in the body of a request, and the JSON that stands there. */
export class Place {
  readonly value: unknown
  readonly #found: HistoryProblem[]
  readonly #outer: Place | undefined
  readonly #key: string | number

  private constructor(
    value: unknown,
    found: HistoryProblem[],
    at: { readonly outer?: Place; readonly key: string | number },
  ) {
    this.value = value
    this.#found = found
    this.#outer = at.outer
    this.#key = at.key
  }

  /** Everything that `check` refuses in `body`. */
  static check(body: unknown, check: (body: Place) => void): readonly HistoryProblem[] {
    const found: HistoryProblem[] = []
    check(new Place(body, found, { key: '' }))
    return found
  }

  /** The place of a field or of an item; its value is `undefined` where there is none. */
  at(key: string | number): Place {
    const { value } = this
    const holds = typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    // What has own fields can be asked for them, whatever else it is.
    const inner = holds ? (value as Readonly<Record<string | number, unknown>>)[key] : undefined
    return new Place(inner, this.#found, { outer: this, key })
  }

  /** The places of the items; none where there is no list. */
  items(): readonly Place[] {
    return Array.isArray(this.value) ? this.value.map((_, index) => this.at(index)) : []
  }

  get isList(): boolean {
    return Array.isArray(this.value)
  }

  get isObject(): boolean {
    return isObject(this.value)
  }

  /** Whether nothing stands here. */
  get isAbsent(): boolean {
    return this.value === undefined || this.value === null
  }

  /** The text that stands here; empty where there is none. */
  get text(): string {
    return typeof this.value === 'string' ? this.value : ''
  }

  /** Where this is, as a JSON Pointer; no key of these formats needs escapes. */
  get path(): string {
    return this.#outer ? `${this.#outer.path}/${this.#key}` : ''
  }

  refuse(rule: HistoryRule, problem: string): void {
    this.#found.push({ path: this.path, rule, problem })
  }

  /** Refuses what is no text, or an empty one. */
  needText(rule: HistoryRule, problem: string): void {
    if (this.text === '') this.refuse(rule, problem)
  }
}

/** Whether `text` is the JSON of an object. */
export function isObjectText(text: string): boolean {
  try {
    return isObject(JSON.parse(text))
  } catch {
    return false
  }
}
