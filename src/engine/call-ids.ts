import { sha256 } from '../base/index.ts'
import type { Message, NewCall } from '../protocol/index.ts'
import { type ConversationState, archiveFacts, archiveTurn } from '../turn/index.ts'

/** How a call is called in the conversation and, where that differs, at its provider. */
export type CallIds = Pick<NewCall, 'toolCallId' | 'providerToolCallId'>

/** The tool call ids of a conversation. */
export interface TakenIds {
  has(id: string): boolean
  /** The number up to which calls that the provider calls `id` are counted, 1 where there is none. */
  counted(id: string): number
}

/** Those of `state` so far. */
export function takenIds({ messages, turn }: ConversationState): TakenIds {
  const before = idsBefore(messages)
  const now = archiveTurn(turn).reduce(noted, new CountedIds())
  return {
    has: (id) => before.has(id) || now.has(id),
    counted: (id) => Math.max(before.counted(id), now.counted(id)),
  }
}

class CountedIds implements TakenIds {
  readonly #ids = new Set<string>()
  readonly #counts = new Map<string, number>()

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  counted(id: string): number {
    return this.#counts.get(id) ?? 1
  }

  add(toolCallId: string, providerId: string | undefined): void {
    this.#ids.add(toolCallId)
    if (providerId === undefined) return
    const number = Number(toolCallId.slice(providerId.length + 1))
    if (number > this.counted(providerId) && toolCallId === numbered(providerId, number))
      this.#counts.set(providerId, number)
  }
}

function noted(ids: CountedIds, { parts }: Message): CountedIds {
  for (const part of parts)
    if (part.type === 'tool') ids.add(part.toolCallId, part.providerToolCallId)
  return ids
}

const idsBefore = archiveFacts(() => new CountedIds(), noted)

/** Gives each call an id that is used once in a conversation; providers may use one id in every answer. */
export class CallIdSource {
  readonly #taken: TakenIds
  readonly #given = new Set<string>()
  readonly #asked: ReadonlySet<string>

  /** `taken` are the ids of the conversation so far, `asked` those that the answer at hand uses. */
  constructor(taken: TakenIds, asked: readonly string[]) {
    this.#taken = taken
    this.#asked = new Set(asked)
  }

  /** For the call that the provider calls `id`. */
  own(id: string): CallIds {
    let toolCallId = id
    // Numbers are never free again, so those that were counted need not be tried.
    for (let n = this.#taken.counted(id) + 1; this.#isTaken(toolCallId); n++)
      toolCallId = numbered(id, n)
    this.#given.add(toolCallId)
    return { toolCallId, ...(toolCallId !== id && { providerToolCallId: id }) }
  }

  /** For one more call that was found in the call that the provider calls `id`. It goes to the provider as it is. */
  further(id: string): CallIds {
    let toolCallId = id
    for (let n = 2; this.#isTaken(toolCallId) || this.#asked.has(toolCallId); n++)
      toolCallId = similarId(id, n)
    this.#given.add(toolCallId)
    return { toolCallId }
  }

  #isTaken(id: string): boolean {
    return this.#taken.has(id) || this.#given.has(id)
  }
}

function numbered(id: string, n: number): string {
  return `${id}_${n}`
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
  return id.length > 36 ? `call_${chance.slice(0, 24)}` : numbered(id, n)
}
