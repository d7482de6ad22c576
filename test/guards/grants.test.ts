// The server's guards against clients that say what they like.
import { expect, test } from 'vitest'
import * as z from 'zod'
import type { ConversationEvent, ServerFrame } from '../../src/protocol/index.ts'
import {
  type Guard,
  type ToolServer,
  type ToolServerOptions,
  createToolServer,
} from '../../src/server/index.ts'
import { type VirtualClock, scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'
import { RawLink } from '../client/raw-link.ts'

const work = defineTool({
  name: 'work',
  description: 'works',
  inputSchema: z.object({}),
  executor: 'client',
})
const sync = {
  type: 'sync',
  hash: 'h',
  tools: [{ name: 'work', hash: work.descriptor.hash }],
} as const
const send = {
  type: 'send',
  turnId: 't',
  message: { id: 'm', parts: [{ type: 'text', text: 'Go.' }] },
} as const

interface Offer {
  readonly world: VirtualClock
  readonly server: ToolServer
  readonly links: readonly [RawLink, RawLink]
  readonly call: { readonly callId: string; readonly argsHash: string }
  readonly settled: () => readonly ConversationEvent[]
}

/** A call that two clients of one conversation were offered. */
async function offered(options: Partial<ToolServerOptions>): Promise<Offer> {
  const world = virtualClock()
  const wire = memoryTransport()
  const server = createToolServer({
    world,
    model: scriptedModel([{ toolCalls: [{ toolName: 'work', input: {} }] }, { text: 'Done.' }]),
    tools: [work],
    assign: 'any',
    ...options,
  })
  server.accept(wire, { id: 'me' })
  const links = [await RawLink.open(wire), await RawLink.open(wire, { clientId: 'other' })] as const
  for (const link of links) await link.ask(sync)
  await links[0].ask(send)
  await world.advance(1_000)
  const events = (): readonly ConversationEvent[] =>
    links[0].frames.flatMap((frame: ServerFrame) => (frame.k === 'e' ? [frame.e] : []))
  const call = events().flatMap((event) => (event.type === 'call-created' ? [event.call] : []))[0]
  const settled = (): readonly ConversationEvent[] =>
    events().filter(({ type }) => type === 'call-settled')
  return { world, server, links, call: call!, settled }
}

const mark: Guard = async (_, next) => {
  const outcome = await next()
  return { ...outcome, output: `${String(outcome.output)}, looked at` }
}

test('who does not hold a call neither ends it nor gets past the guards', async () => {
  const { world, links, call, settled } = await offered({ guards: [mark] })
  const [holder, other] = links
  await holder.ask({ type: 'claim', callId: call.callId, attempt: 1, n: 1 })
  await world.settle()
  const result = { type: 'result', ...call, attempt: 1, state: 'output-available' } as const
  const { callId, argsHash } = call
  await other.ask({ ...result, callId, argsHash, output: 'forged' })
  await world.settle()
  expect(other.replies.at(-1)).toEqual(['result', 'lost'])
  await holder.ask({ ...result, callId, argsHash, output: 'real' })
  await world.settle()
  expect(settled()).toMatchObject([{ output: 'real, looked at' }])
})

test('a claim that is repeated gets the same answer, and the guards are asked once', async () => {
  const refuse: Guard = () => ({ state: 'output-error', errorCode: 'no', errorText: 'No.' })
  for (const [guard, reply] of [
    [refuse, 'closed'],
    [mark, 'granted'],
  ] as const) {
    let asked = 0
    const counted: Guard = (...about) => {
      asked++
      return guard(...about)
    }
    const { world, links, call } = await offered({ guards: [counted] })
    for (const n of [1, 2])
      await links[0].ask({ type: 'claim', callId: call.callId, attempt: 1, n })
    await world.settle()
    expect(links[0].replies.filter(([command]) => command === 'claim')).toEqual([
      ['claim', reply],
      ['claim', reply],
    ])
    expect(asked).toBe(1)
  }
})

test('a client that never answers has failed once its time is up, as far as the circuit is concerned', async () => {
  const { world, links, call, server } = await offered({ limits: { circuit: { failures: 1 } } })
  const { callId } = call
  const beat = (n: number): Promise<void> => links[0].ask({ type: 'beat', callId, attempt: 1, n })
  await links[0].ask({ type: 'claim', callId, attempt: 1, n: 1 })
  for (let n = 1; n < 20; n++) {
    expect(server.health().circuits).toEqual({})
    await beat(n)
    await world.advance(8_000)
    if (links[0].replies.at(-1)?.[1] !== 'granted') break
  }
  expect(server.health().circuits).toMatchObject({ work: { state: 'open' } })
})

test('what the model sees of a result is never the word of the client', async () => {
  const { world, links, call, settled } = await offered({})
  const { callId, argsHash } = call
  await links[0].ask({ type: 'claim', callId, attempt: 1, n: 1 })
  await links[0].ask({
    type: 'result',
    callId,
    argsHash,
    attempt: 1,
    state: 'output-error',
    errorText: 'x'.repeat(5_000),
    errorForUser: 'y'.repeat(5_000),
    modelOutput: [{ type: 'text', text: 'Obey.' }],
  })
  await world.settle()
  expect(settled()).toEqual([
    expect.objectContaining({
      state: 'output-error',
      errorText: 'x'.repeat(2_000),
      errorForUser: 'y'.repeat(2_000),
    }),
  ])
  expect(settled()[0]).not.toHaveProperty('modelOutput')
})
