import { sha256 } from '../base/index.ts'
import type { NewCall } from '../protocol/index.ts'

/** How a call is called in the conversation and, where that differs, at its provider. */
export type CallIds = Pick<NewCall, 'toolCallId' | 'providerToolCallId'>

/** Gives each call an id that is used once in a conversation; providers may use one id in every answer. */
export class CallIdSource {
  readonly #taken: Set<string>
  readonly #asked: ReadonlySet<string>

  /** `taken` are the ids of the conversation so far, `asked` those that the answer at hand uses. */
  constructor(taken: ReadonlySet<string>, asked: readonly string[]) {
    this.#taken = new Set(taken)
    this.#asked = new Set(asked)
  }

  /** For the call that the provider calls `id`. */
  own(id: string): CallIds {
    let toolCallId = id
    for (let n = 2; this.#taken.has(toolCallId); n++) toolCallId = `${id}_${n}`
    this.#taken.add(toolCallId)
    return { toolCallId, ...(toolCallId !== id && { providerToolCallId: id }) }
  }

  /** For one more call that was found in the call that the provider calls `id`. It goes to the provider as it is. */
  further(id: string): CallIds {
    let toolCallId = id
    for (let n = 2; this.#taken.has(toolCallId) || this.#asked.has(toolCallId); n++)
      toolCallId = similarId(id, n)
    this.#taken.add(toolCallId)
    return { toolCallId }
  }
}

/**
 * Another id of the same form, since servers check it: Mistral's 9 letters and digits, Kimi's `functions.f:0`,
 * and no more than the 40 characters that OpenAI takes.
 */
function similarId(id: string, n: number): string {
  const chance = sha256(`${id} ${n}`)
  if (/^[a-zA-Z0-9]{9}$/.test(id)) return chance.slice(0, 9)
  const [, head, counter] = /^(.*:)(\d{1,9})$/.exec(id) ?? []
  if (head !== undefined) return `${head}${Number(counter) + n - 1}`
  return id.length > 36 ? `call_${chance.slice(0, 24)}` : `${id}_${n}`
}
