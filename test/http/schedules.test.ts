import { expect, test } from 'vitest'
import * as z from 'zod'
import type { ToolClient } from '../../src/client/index.ts'
import type { ConversationEvent } from '../../src/protocol/index.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { type InProcess, inProcess } from './in-process.ts'
import { type Answer, answers, ask, end, say } from './scripted.ts'

const seeds = Number(process.env['SCHEDULES'] ?? 40)
const turns = 3

/** Everything that happened to the calls of one schedule. */
class Story {
  readonly begun = new Map<string, number>()
  readonly settled = new Map<string, number>()
  readonly created = new Map<string, string>()
  readonly late: string[] = []
  finished = 0

  readonly take = ({ event }: { readonly event: ConversationEvent }): void => {
    if (event.type === 'call-created') this.created.set(event.call.callId, event.call.toolName)
    if (event.type === 'call-settled')
      this.settled.set(event.callId, (this.settled.get(event.callId) ?? 0) + 1)
    if (event.type === 'turn-finished') this.finished++
  }

  begin(callId: string): void {
    if (this.settled.has(callId)) this.late.push(callId)
    this.begun.set(callId, (this.begun.get(callId) ?? 0) + 1)
  }
}

test.each(Array.from({ length: seeds }, (_, seed) => seed + 1))(
  'cuts, outages, joins, leaves, stops and cancels of schedule %d break no promise',
  async (seed) => {
    const chance = virtualClock({ seed: seed * 1_000 })
    const random = (): number => chance.random()
    const below = (n: number): number => Math.floor(random() * n)
    const story = new Story()
    const world = virtualClock({ seed })
    const work = (name: string, idempotent: boolean): AnyTool =>
      defineTool({
        name,
        description: 'Works for a while.',
        inputSchema: z.object({ ms: z.number() }),
        idempotent,
        timeoutMs: 20_000,
        async execute({ ms }, { key, signal }) {
          story.begin(key)
          await new Promise<void>((resolve) => {
            world.setTimer(ms, resolve)
            signal.addEventListener('abort', () => resolve())
          })
          return key
        },
      })
    const tools = [work('page', false), work('again', true), work('server', false)]
    const [page, again, server] = tools as [AnyTool, AnyTool, AnyTool]
    const script: Answer[] = Array.from({ length: turns * 4 }, (_, step) =>
      step % 4 === 3
        ? [...say(`Answer ${step}.`), end('stop')]
        : [
            ...say(`Step ${step}. `),
            ...['page', 'again', 'server', 'page'].flatMap((name, n) =>
              ask(`${step}-${n}`, name, { ms: below(30_000) }),
            ),
            end('tool-calls'),
          ],
    )
    const it = inProcess({
      world,
      model: answers(...script),
      tools: [page.withoutExecute(), again.withoutExecute(), server],
      onEvent: story.take,
    })
    const clients: ToolClient[] = [it.client({ tools: [page, again] })]
    const join = (): void => {
      const conversationId = clients[0]?.conversationId
      if (clients.length < 4 && conversationId)
        clients.push(it.client({ tools: [page, again], conversationId }))
    }
    const someone = (): ToolClient | undefined => clients[below(clients.length)]
    const ignore = (): void => {}
    const deeds: readonly (() => void)[] = [
      () => it.wire.cut(),
      () => {
        it.wire.isDown = true
        it.wire.cut()
      },
      () => {
        it.wire.isDown = false
      },
      join,
      () => {
        if (clients.length > 1) clients.splice(1 + below(clients.length - 1), 1)[0]?.close()
      },
      () => {
        const client = someone()
        const [call] =
          client?.getSnapshot().calls.filter(({ state }) => state === 'executing') ?? []
        if (call) client?.cancel(call.toolCallId).catch(ignore)
      },
      () => void (random() < 0.2 && someone()?.stop().catch(ignore)),
      ignore,
      ignore,
    ]
    for (let turn = 0; turn < turns; turn++) someone()?.send(`Turn ${turn}.`).catch(ignore)
    for (let n = 0; n < 30; n++) {
      deeds[below(deeds.length)]?.()
      await world.advance(below(8_000))
    }
    it.wire.isDown = false
    await settleDown(it, story, clients)
    check(story, clients)
    for (const client of clients) client.close()
    await it.server.close()
    await world.advance(60_000)
    expect(world.pendingTimers).toBe(0)
  },
)

/** Without faults, everything comes to an end. */
async function settleDown(it: InProcess, story: Story, clients: ToolClient[]): Promise<void> {
  for (let minutes = 0; minutes < 60 && story.finished < turns; minutes++)
    await it.world.advance(60_000)
  await it.world.advance(60_000)
  expect(story.finished).toBe(turns)
  for (const client of clients) expect(client.getSnapshot().connection).toBe('open')
}

function check(story: Story, clients: readonly ToolClient[]): void {
  for (const [callId, name] of story.created) {
    expect([name, story.settled.get(callId)]).toEqual([name, 1])
    if (name !== 'again') expect([name, (story.begun.get(callId) ?? 0) <= 1]).toEqual([name, true])
  }
  expect(story.late).toEqual([])
  const [first, ...others] = clients.map((client) => client.getSnapshot())
  for (const other of others) expect(other).toEqual(first)
}
