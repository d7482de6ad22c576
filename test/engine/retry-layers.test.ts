// The adapter repeats a request until its answer begins; the engine repeats an answer that broke before anything
// was shown. Together they must not multiply.
import { describe, expect, test } from 'vitest'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { virtualClock } from '../../src/testing/index.ts'
import { setup } from '../server/setup.ts'
import { sse } from './wire.ts'

const said = (content: string): unknown => ({ choices: [{ index: 0, delta: { content } }] })

/** A body that breaks like a connection, after `events`. */
function broken(...events: readonly unknown[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (events.length > 0) controller.enqueue(new TextEncoder().encode(sse(events)))
    },
    pull(controller) {
      controller.error(new TypeError('terminated'))
    },
  })
  return new Response(body)
}

const refusal = (status: number) => (): Response =>
  Response.json({ error: { message: 'no' } }, { status })
const reported = (code: string): unknown => ({ error: { message: 'no', code } })

const failures: readonly (readonly [string, number, () => Response])[] = [
  [
    'a server that cannot be reached',
    3,
    () => {
      throw new TypeError('fetch failed')
    },
  ],
  ['a server that is overloaded', 3, refusal(529)],
  ['a request that is refused', 1, refusal(400)],
  ['a connection that breaks in the head of the answer', 2, () => broken()],
  ['an answer that stops before it says anything', 2, () => new Response(sse([said('')]))],
  ['a page that is no answer', 2, () => new Response('<html>Welcome</html>')],
  ['an overload that is reported in the answer', 2, () => new Response(sse([reported('503')]))],
  ['a refusal that is reported in the answer', 1, () => new Response(sse([reported('bad_input')]))],
  ['a connection that breaks after a word', 1, () => broken(said('Well'))],
  ['an answer that stops after a word', 1, () => new Response(sse([said('Well')]))],
]

describe('requests in all for', () => {
  for (const [name, requests, respond] of failures)
    test(`${name}: ${requests}`, async () => {
      let count = 0
      const world = virtualClock()
      const model = openaiChat({
        baseURL: 'https://host.test/v1',
        model: 'm',
        world,
        fetch: async () => {
          count++
          return respond()
        },
      })
      const { say, client, errors, end } = setup({ steps: [], model, world })
      const sent = say('Hi', 0)
      await world.advance(120_000)
      await sent
      expect(client.getSnapshot().status).toBe('error')
      expect(count).toBe(requests)
      expect(errors.length).toBeLessThanOrEqual(2)
      await end()
      expect(world.pendingTimers).toBe(0)
    })
})
