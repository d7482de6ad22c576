// Model servers that play bodies, behind `fetch`.
type Body = Readonly<Record<string, unknown>>

export interface PlayedServer {
  readonly fetch: typeof globalThis.fetch
  /** The bodies of all requests. */
  readonly bodies: Body[]
}

/** Answers with one response after the other, then with the last again; a number is a status without a body. */
export function playedServer(...answers: readonly (string | number)[]): PlayedServer {
  const bodies: Body[] = []
  return {
    bodies,
    async fetch(input, init) {
      const answer = answers[Math.min(bodies.length, answers.length - 1)] ?? 500
      bodies.push((await new Request(input, init).json()) as Body)
      return typeof answer === 'number'
        ? Response.json({ error: { message: 'no', code: 'no' } }, { status: answer })
        : new Response(answer)
    },
  }
}

export const sse = (events: readonly unknown[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')

/** An answer of Anthropic Messages: each block as it is when it is whole. */
export function messagesAnswer(blocks: readonly Body[], stopReason: string): string {
  return sse([
    { type: 'message_start', message: { id: 'msg_1', content: [], usage: { input_tokens: 5 } } },
    ...blocks.flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: block },
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason: stopReason }, usage: { output_tokens: 9 } },
    { type: 'message_stop' },
  ])
}

/** An answer of Chat Completions. */
export function chatAnswer(delta: Body, finishReason = 'stop'): string {
  return (
    sse([
      { choices: [{ index: 0, delta, finish_reason: null }] },
      { choices: [{ index: 0, delta: {}, finish_reason: finishReason }] },
    ]) + 'data: [DONE]\n\n'
  )
}
