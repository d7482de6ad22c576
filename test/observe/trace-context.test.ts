// What a client is told with its grant, so that what it runs stands in the trace of the server.
import { expect, test } from 'vitest'
import * as z from 'zod'
import { createToolClient } from '../../src/client/index.ts'
import type { Happening, Observer, Transport } from '../../src/ports/index.ts'
import type { ServerFrame } from '../../src/protocol/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'

type Reply = Extract<ServerFrame, { k: 'r' }>

const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

interface Run {
  readonly replies: readonly Reply[]
  readonly told: readonly Happening[]
  readonly output: unknown
}

/** One call of a tool on the client, whose replies pass through `alter` on their way. */
async function runTraced(
  atServer: Partial<Observer>,
  alter: (reply: Reply) => object = (reply) => reply,
): Promise<Run> {
  const world = virtualClock()
  const paint = defineTool({
    name: 'paint',
    description: 'Paints.',
    inputSchema: z.object({}),
    execute: () => 'red',
  })
  const server = createToolServer({
    world,
    model: scriptedModel([{ toolCalls: [{ toolName: 'paint' }] }, { text: 'Done.' }]),
    tools: [paint.withoutExecute()],
    observer: { observe: () => {}, ...atServer },
  })
  const wire = memoryTransport()
  server.accept(wire, { id: 'me' })
  const replies: Reply[] = []
  const told: Happening[] = []
  const client = createToolClient({
    world,
    transport: {
      name: 'altered',
      async connect(hello, signal) {
        const connection = await wire.connect(hello, signal)
        const { frames } = connection
        async function* altered(): AsyncGenerator {
          for await (const frame of frames) {
            const isReply = (frame as ServerFrame).k === 'r'
            if (isReply) replies.push(frame as Reply)
            yield isReply ? alter(frame as Reply) : frame
          }
        }
        return {
          frames: altered(),
          send: (frame) => connection.send(frame),
          close: () => connection.close(),
        }
      },
    } satisfies Transport,
    tools: [paint],
    observer: { observe: (happening) => void told.push(happening) },
  })
  const sent = client.send('Paint.')
  await world.advance(1_000)
  await sent
  const [call] = client.getSnapshot().calls
  client.close()
  await server.close()
  await world.settle()
  return { replies, told, output: call?.output }
}

const started = ({ told }: Run): unknown => told.find(({ type }) => type === 'attempt-started')

test('a grant carries the trace of the server, and no other reply does [P86]', async () => {
  const run = await runTraced({ traceparent: () => parent })
  const traced = run.replies.filter(({ traceparent }) => traceparent !== undefined)
  expect(traced).toMatchObject([{ c: expect.stringMatching(/^claim:/), st: 'granted' }])
  expect(started(run)).toMatchObject({ traceparent: parent, toolName: 'paint' })
  expect(run.output).toBe('red')
})

test('it is that of the attempt that was granted', async () => {
  const begun: string[] = []
  const run = await runTraced({
    observe: (happening) => {
      if (happening.type === 'attempt-started') begun.push(happening.id)
    },
    traceparent: (id) => id,
  })
  expect(begun).toHaveLength(1)
  expect(started(run)).toMatchObject({ traceparent: begun[0] })
})

test('a server that traces nothing says nothing of it, and a client that is told nothing runs its call', async () => {
  const run = await runTraced({})
  expect(run.replies.every((reply) => !('traceparent' in reply))).toBe(true)
  expect(started(run)).not.toHaveProperty('traceparent')
  expect(run.output).toBe('red')
})

test('an end that is older leaves it out, and the call runs all the same [P86]', async () => {
  const run = await runTraced(
    { traceparent: () => parent },
    ({ traceparent: _, ...reply }) => reply,
  )
  expect(started(run)).not.toHaveProperty('traceparent')
  expect(run.output).toBe('red')
})
