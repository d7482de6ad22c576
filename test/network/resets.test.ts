import { afterEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type Snapshot, type ToolClient, createToolClient } from '../../src/client/index.ts'
import type { Connection, Transport } from '../../src/ports/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { until } from '../wires/app.ts'
import { House, type Kind, kinds } from './house.ts'

const conversations = 30
const steps = 10
const callsOfStep = 10
const allCalls = conversations * steps * callsOfStep
/** So often something happens to a call, and the next piece of whatever link is met by a reset. */
const momentsPerReset = 30

let house: House | undefined
const clients: ToolClient[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await house?.close()
})

/** How often each of many things happened. */
class Tally {
  readonly #times = new Map<string, number>()

  add(name: string): void {
    this.#times.set(name, (this.#times.get(name) ?? 0) + 1)
  }

  get figures(): { readonly once: number; readonly again: number } {
    const again = [...this.#times.values()].filter((times) => times > 1).length
    return { once: this.#times.size - again, again }
  }
}

class Play {
  #moments = 0
  #resets = 0
  readonly begun: Tally = new Tally()
  readonly settled: Tally = new Tally()
  readonly arrived: Tally = new Tally()
  readonly shown: Tally = new Tally()
  readonly errors: string[] = []
  readonly tool: AnyTool = defineTool({
    name: 'mark',
    description: 'Gives back a number',
    inputSchema: z.object({ n: z.number() }),
    execute: ({ n }, { key }) => {
      this.begun.add(key)
      this.#moments++
      return n
    },
  })

  async open(kind: Kind): Promise<House> {
    const server = createToolServer({
      model: scriptedModel((_, { step }) => answer(step), { record: false }),
      tools: [this.tool.withoutExecute()],
      authenticate: () => ({ id: 'me' }),
      budgets: { maxCalls: steps * callsOfStep },
      onEvent: ({ event }) => {
        if (event.type !== 'call-settled') return
        this.settled.add(event.callId)
        this.#moments++
      },
      onError: ({ error }) => this.errors.push(String(error)),
    })
    const isFatal = (): boolean => {
      const isDue = this.#moments > this.#resets * momentsPerReset
      if (isDue) this.#resets++
      return isDue
    }
    return House.open(server, { kind, isFatal })
  }

  client(transport: Transport): ToolClient {
    const client = createToolClient({
      transport: this.#watched(transport),
      tools: [this.tool],
      onError: ({ error }) => this.errors.push(String(error)),
    })
    client.onCall(({ type, call }) => {
      if (type === 'completed') this.shown.add(client.conversationId + call.toolCallId)
    })
    return client
  }

  /** Counts the results that reach a client, whatever it makes of them. */
  #watched(transport: Transport): Transport {
    const { arrived } = this
    return {
      ...transport,
      async connect(hello, signal): Promise<Connection> {
        const connection = await transport.connect(hello, signal)
        const frames = async function* (): AsyncGenerator {
          for await (const frame of connection.frames) {
            const settled = settledBy(frame)
            if (settled !== null) arrived.add(settled)
            yield frame
          }
        }
        return {
          frames: frames(),
          send: (frame) => connection.send(frame),
          close: () => connection.close(),
        }
      },
    }
  }
}

function settledBy(frame: unknown): string | null {
  // What a server of ours sends.
  const { k, e } = frame as { readonly k: string; readonly e?: { type: string; callId: string } }
  return k === 'e' && e?.type === 'call-settled' ? e.callId : null
}

function answer(step: number) {
  if (step === steps) return { text: 'Done.' }
  const inputs = Array.from({ length: callsOfStep }, (_, at) => ({ n: step * callsOfStep + at }))
  return { toolCalls: inputs.map((input) => ({ toolName: 'mark', input })) }
}

async function converse(client: ToolClient): Promise<Snapshot> {
  const sent = client.send('Go.')
  const isOver = ({ status, messages }: Snapshot): boolean =>
    status === 'error' || (status === 'ready' && messages.at(-1)?.role === 'assistant')
  const snapshot = await until(client, isOver, 100_000)
  await sent
  return snapshot
}

describe.each(kinds)('over %s', (kind) => {
  test(
    'resets lose no call, run none twice and show none twice',
    { timeout: 120_000 },
    async () => {
      const play = new Play()
      const { proxy } = (house = await play.open(kind))
      const begun = performance.now()
      for (let n = 0; n < conversations; n++) clients.push(play.client(house.transport()))
      const snapshots = await Promise.all(clients.map(converse))
      const seconds = ((performance.now() - begun) / 1_000).toFixed(1)
      console.log(
        `${kind}: ${allCalls} calls through ${proxy.resets} resets in ${seconds} s: ` +
          JSON.stringify({
            begun: play.begun.figures,
            settled: play.settled.figures,
            arrived: play.arrived.figures,
            shown: play.shown.figures,
          }),
      )
      expect(proxy.resets).toBeGreaterThanOrEqual(150)
      const exactlyOnce = { once: allCalls, again: 0 }
      expect(play.begun.figures).toEqual(exactlyOnce)
      expect(play.settled.figures).toEqual(exactlyOnce)
      expect(play.arrived.figures).toEqual(exactlyOnce)
      expect(play.shown.figures).toEqual(exactlyOnce)
      const outputs = Array.from({ length: steps * callsOfStep }, (_, n) => n)
      for (const { calls } of snapshots) expect(calls.map(({ output }) => output)).toEqual(outputs)
      expect(play.errors).toEqual([])
    },
  )
})
