import { type JsonObject, isObject } from '../base/index.ts'
import {
  type Redact as Clean,
  type RedactOptions,
  createRedact,
  hidesInput,
  redactText,
  redacted,
} from '../guards/index.ts'
import type { RecordedLine, Redact } from '../testing/index.ts'

export interface RedactFramesOptions extends RedactOptions {
  /** Longest text, and longest input, output or progress as JSON, that is kept whole, in characters. Default 20,000. */
  readonly maxPayloadChars?: number
  /** What was recorded before, with its calls and tools; for a replay, the recording itself. */
  readonly seen?: readonly RecordedLine[]
}

/**
 * Makes what takes secrets out of frames, by the names of fields, the schemas of tools that a client offers
 * (`"x-secret": true`) and the looks of texts, as audit and telemetry do it. Ids and hashes stay, so that a
 * recording still plays. Of text under way only the length stays: a secret may be split over its pieces.
 *
 * What it gives stands for one conversation, whose calls it remembers.
 */
export function redactFrames(options: RedactFramesOptions = {}): Redact {
  const redaction = new FrameRedaction(options)
  for (const line of options.seen ?? []) if ('way' in line) redaction.take(line.frame)
  return (frame) => redaction.take(frame)
}

/** What of a frame names things: it is compared, and never shown to a model or made by one. */
const naming =
  /^(?:k|c|m|type|log|by|of|owner|holder|targets?|name|toolName|clientToolName|traceparent|id|hash)$|(?:Id|Hash)$/

/** Where a value begins that tools, people or models made. */
const payloads = new Set(['input', 'output', 'x', 'progress', 'value'])

/** Where names of fields are described, not used. */
const schemas = new Set(['descriptor', 'inputSchema', 'outputSchema'])

interface Described {
  readonly descriptor: { readonly inputSchema: JsonObject; readonly outputSchema?: JsonObject }
}

interface Place {
  readonly depth: number
  readonly tool: Described | null
  readonly isSchema: boolean
  /** Whether the input of the call was wrong, so that its error may quote it. */
  readonly isInvalid: boolean
}

const maxCalls = 1_000
const maxDepth = 64

class FrameRedaction {
  readonly #clean: Clean
  readonly #max: number
  readonly #tools = new Map<string, Described>()
  readonly #toolOfCall = new Map<string, Described>()

  constructor({ maxPayloadChars = 20_000, ...options }: RedactFramesOptions) {
    this.#clean = createRedact(options)
    this.#max = maxPayloadChars
  }

  take(frame: unknown): unknown {
    if (isObject(frame) && frame['k'] === 'd' && typeof frame['x'] === 'string')
      // Blanks, since JSON may begin with them, and offsets count characters.
      return { ...frame, x: ' '.repeat(frame['x'].length) }
    return this.#inside(frame, { depth: 0, tool: null, isSchema: false, isInvalid: false })
  }

  #inside(value: unknown, place: Place, key = ''): unknown {
    if (place.depth > maxDepth) return '[too deep]'
    const below = { ...place, depth: place.depth + 1 }
    if (Array.isArray(value)) return value.map((item: unknown) => this.#inside(item, below, key))
    if (isObject(value)) return this.#fields(value, below)
    if (typeof value !== 'string' || naming.test(key)) return value
    return this.#text(value, place, key)
  }

  #fields(value: Record<string, unknown>, place: Place): object {
    const here = {
      ...place,
      tool: this.#toolOf(value) ?? place.tool,
      isInvalid: place.isInvalid || value['state'] === 'input-invalid',
    }
    const pairs = Object.entries(value).map(([key, child]) => [key, this.#field(key, child, here)])
    return Object.fromEntries(pairs) as object
  }

  #field(key: string, value: unknown, place: Place): unknown {
    if (place.isSchema || schemas.has(key))
      return this.#inside(value, { ...place, isSchema: true }, key)
    if (payloads.has(key)) return this.#payload(key, value, place.tool)
    const isObjectLike = typeof value === 'object' && value !== null
    // Structure of the protocol has no such names; what else stands under one goes as a whole.
    if (isObjectLike && this.#named(key, '') === redacted) return redacted
    return this.#inside(value, place, key)
  }

  #payload(key: string, value: unknown, tool: Described | null): unknown {
    const { inputSchema, outputSchema } = tool?.descriptor ?? {}
    const clean = this.#clean(value, key === 'input' ? inputSchema : outputSchema)
    const json = JSON.stringify(clean) ?? ''
    return json.length > this.#max ? this.#cut(typeof clean === 'string' ? clean : json) : clean
  }

  #text(text: string, { tool, isSchema, isInvalid }: Place, key: string): string {
    if (isSchema) return this.#cut(String(this.#clean(text)))
    if (isInvalid && key === 'errorText' && hidesInput(tool)) return redacted
    // What is cleaned is a text, or stands in place of one.
    const clean = <T>(value: T, schema?: JsonObject): T => this.#clean(value, schema) as T
    return this.#cut(
      key === 'inputText' ? redactText(text, clean, tool) : this.#named(key, clean(text)),
    )
  }

  /** A text as it may be shown under the name `key`. */
  #named(key: string, text: string): string {
    const shown = this.#clean({ [key]: text })
    return isObject(shown) ? String(shown[key]) : redacted
  }

  /** At most as long as is allowed, and the same when it is cut again. */
  #cut(text: string): string {
    if (text.length <= this.#max) return text
    const note = `… [${text.length} characters]`
    return text.slice(0, Math.max(0, this.#max - note.length)) + note
  }

  /** The tool that `value` is about, where it describes one, or a call of one, that is known. */
  #toolOf({ name, descriptor, callId, ...call }: Record<string, unknown>): Described | null {
    if (typeof name === 'string' && isObject(descriptor) && isObject(descriptor['inputSchema']))
      // The rest of it is not looked at.
      this.#tools.set(name, { descriptor } as unknown as Described)
    const toolName = call['clientToolName'] ?? call['toolName']
    const tool = typeof toolName === 'string' ? this.#tools.get(toolName) : undefined
    if (typeof callId !== 'string') return tool ?? null
    if (tool) this.#toolOfCall.set(callId, tool)
    const [oldest] = this.#toolOfCall.keys()
    if (oldest !== undefined && this.#toolOfCall.size > maxCalls) this.#toolOfCall.delete(oldest)
    return this.#toolOfCall.get(callId) ?? null
  }
}
