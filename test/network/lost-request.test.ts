import { expect, test } from 'vitest'
import * as z from 'zod'
import { ToolwireError } from '../../src/base/index.ts'
import { createToolClient } from '../../src/client/index.ts'
import type { Transport } from '../../src/ports/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'

/** `wire` with requests of their own, as HTTP has: each of `kinds` breaks so often, and the stream does not. */
function losing(
  wire: Transport,
  kinds: ReadonlySet<string>,
  times: number,
): Transport & { lost: number } {
  const left = new Map([...kinds].map((kind) => [kind, times]))
  const wireThatLoses = {
    ...wire,
    lost: 0,
    async connect(...args: Parameters<Transport['connect']>) {
      const connection = await wire.connect(...args)
      return {
        frames: connection.frames,
        close: () => connection.close(),
        async send(frame: object) {
          const { type = '' } = 'c' in frame ? (frame.c as { type?: string }) : {}
          const rest = left.get(type) ?? 0
          if (rest === 0) return connection.send(frame)
          left.set(type, rest - 1)
          wireThatLoses.lost++
          throw new ToolwireError('TRANSPORT_CLOSED', 'The request broke.')
        },
      }
    },
  }
  return wireThatLoses
}

async function play(times: number, waitMs: number) {
  const world = virtualClock()
  const wire = memoryTransport()
  const work = defineTool({
    name: 'work',
    description: 'works',
    inputSchema: z.object({}),
    execute: () => 'worked',
  })
  const server = createToolServer({
    world,
    model: scriptedModel([{ toolCalls: [{ toolName: 'work' }] }, { text: 'Done.' }]),
    tools: [work.withoutExecute()],
  })
  server.accept(wire, { id: 'me' })
  const transport = losing(wire, new Set(['sync', 'send', 'claim', 'result']), times)
  const client = createToolClient({ world, transport, tools: [work] })
  const sent = client.send('Go.').catch(() => {})
  await world.advance(waitMs)
  const { calls, status } = client.getSnapshot()
  client.close()
  await sent
  await server.close()
  return { outputs: calls.map(({ output }) => output), status, lost: transport.lost }
}

test('a request that breaks under a stream that does not is sent again within a second', async () => {
  const ended = { outputs: ['worked'], status: 'ready' }
  expect(await play(1, 2_000)).toEqual({ ...ended, lost: 4 })
})

test('requests that go on breaking are sent again less and less often', async () => {
  const { lost } = await play(1_000, 60_000)
  expect(lost).toBeGreaterThan(5)
  expect(lost).toBeLessThan(15)
})
