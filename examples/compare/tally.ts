import type { Json } from 'toolwire'
import { prompts } from './script.ts'

export type Side = 'ai-sdk' | 'toolwire'

/** What was seen of one call, from outside of both apps. */
export interface SeenCall {
  readonly toolCallId: string
  readonly toolName: string
  /** How often its handler began. */
  readonly runs: number
  /** How many results the model was given, in the request that follows; `null` where there was none. */
  readonly results: number | null
  /** Whether that request speaks of the call at all. */
  readonly isKnown: boolean
  /** The first of its results. */
  readonly result: string
}

export interface Seen {
  readonly calls: readonly SeenCall[]
  readonly modelRequests: number
}

interface ChatMessage {
  readonly role: string
  readonly content?: Json
  readonly tool_call_id?: string
  readonly tool_calls?: readonly { readonly id: string }[]
}

/** Counts runs where handlers report them, and results where the model is asked. */
export class Tally {
  readonly #runs: string[] = []
  readonly #asked = new Map<string, string>()
  readonly #requests: (readonly ChatMessage[])[] = []

  run(toolCallId: string): void {
    this.#runs.push(toolCallId)
  }

  /** The body of a chat completion, as it was sent. */
  request(body: string): void {
    const { messages }: { messages: readonly ChatMessage[] } = JSON.parse(body)
    this.#requests.push(messages)
  }

  /** The answer of the model, as it was streamed. */
  answer(stream: string): void {
    const calls = stream.matchAll(/"id":"(call_\w+)","type":"function","function":{"name":"(\w+)"/g)
    for (const [, toolCallId = '', toolName = ''] of calls) this.#asked.set(toolCallId, toolName)
  }

  seen(): Seen {
    const last = this.#requests.findLast((messages) => isThanks(messages.at(-1)))
    return {
      modelRequests: this.#requests.length,
      calls: [...this.#asked].map(([toolCallId, toolName]) => {
        const results = last?.filter((message) => message.tool_call_id === toolCallId)
        const isKnown = last?.some((message) =>
          message.tool_calls?.some(({ id }) => id === toolCallId),
        )
        return {
          toolCallId,
          toolName,
          runs: this.#runs.filter((run) => run === toolCallId).length,
          results: results?.length ?? null,
          isKnown: isKnown ?? false,
          result: textOf(results?.[0]),
        }
      }),
    }
  }
}

const isThanks = (message: ChatMessage | undefined): boolean =>
  message?.role === 'user' && textOf(message).includes(prompts.thanks)

function textOf(message: ChatMessage | undefined): string {
  const content = message?.content ?? ''
  return typeof content === 'string' ? content : JSON.stringify(content)
}
