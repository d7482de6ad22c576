import { type Json, type JsonObject, isObject } from '../base/index.ts'
import type { ModelEvent } from '../ports/index.ts'
import { readInputText } from './_input-text.ts'
import { isText, items } from './_json.ts'
import type { Slot } from './_slots.ts'

/** What goes back with the history: thinking, what the server's own tools did, and summaries of it. */
const echoed = /^(thinking|redacted_thinking|compaction)$|_tool_use$|_tool_result$/

type Saying = Extract<ModelEvent, { type: 'text-delta' | 'reasoning-delta' }>

/** The field, of the piece and of its block, that grows with each kind of piece. */
const growing: ReadonlyMap<string, string> = new Map([
  ['text_delta', 'text'],
  ['thinking_delta', 'thinking'],
  ['signature_delta', 'signature'],
  ['compaction_delta', 'content'],
])

/** Whether a block has to come back unchanged. A text does where it cites: citations refer to results. */
export function isEchoed(block: JsonObject): boolean {
  const { type, citations } = block
  return (isText(type) && echoed.test(type)) || (type === 'text' && items(citations).length > 0)
}

/** One content block as it arrives. */
export class AnthropicBlock {
  /** As it came with its start. */
  readonly json: JsonObject
  readonly #grown: Record<string, string> = {}
  #citations: Json[] | undefined
  #input = ''
  stopped = false
  /** Set where the block is a call that the client runs. */
  slot: Slot | undefined

  constructor(json: JsonObject) {
    this.json = json
  }

  get type(): Json | undefined {
    return this.json['type']
  }

  /** Whether `json` begins this very block once more. */
  repeats(json: JsonObject): boolean {
    const { id, type } = this.json
    return isText(id) && json['id'] === id && json['type'] === type
  }

  /** What the start says already. */
  text(): Saying | undefined {
    const { type } = this.json
    return isText(type) ? saying(type, this.json[type]) : undefined
  }

  /** Adds a piece, and tells what it says. Kinds of pieces that are not known change nothing. */
  add(delta: JsonObject): Saying | undefined {
    const { type, citation, partial_json: input } = delta
    if (type === 'input_json_delta' && isText(input)) this.#input += input
    if (type === 'citations_delta' && citation !== undefined) this.#cite(citation)
    const field = isText(type) ? growing.get(type) : undefined
    const piece = field && delta[field]
    if (!field || !isText(piece)) return undefined
    this.#grow(field, piece)
    return saying(field, piece)
  }

  /** The block with all that was added to it. */
  whole(): JsonObject {
    const input = readInputText(this.#input)
    return {
      ...this.json,
      ...this.#grown,
      ...(this.#citations && { citations: this.#citations }),
      ...(isObject(input) && { input }),
    }
  }

  #cite(citation: Json): void {
    this.#citations ??= [...items(this.json['citations'])]
    this.#citations.push(citation)
  }

  #grow(field: string, piece: string): void {
    const before = this.#now(field)
    this.#grown[field] = isText(before) ? before + piece : piece
  }

  #now(field: string): Json | undefined {
    return this.#grown[field] ?? this.json[field]
  }
}

function saying(field: string, text: Json | undefined): Saying | undefined {
  if (!isText(text)) return undefined
  if (field === 'text') return { type: 'text-delta', text }
  return field === 'thinking' ? { type: 'reasoning-delta', text } : undefined
}
