import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { type Snapshot, type ToolClient, createToolClient } from '../../src/client/index.ts'
import { until } from '../wires/app.ts'
import type { Growth } from './flood-server.ts'
import { type Kind, kinds, transportTo } from './house.ts'
import { Proxy } from './proxy.ts'

const megabytes = 200
const most = 8

let flood: Flood | undefined

afterEach(() => flood?.close())

/** A server in a process of its own, behind a proxy. */
class Flood {
  readonly proxy: Proxy
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #port: number
  readonly #kind: Kind
  readonly #clients: ToolClient[] = []

  private constructor(
    kind: Kind,
    child: { process: ChildProcess; lines: AsyncIterator<string>; port: number },
    proxy: Proxy,
  ) {
    this.#kind = kind
    this.#child = child.process
    this.#lines = child.lines
    this.#port = child.port
    this.proxy = proxy
  }

  static async open(kind: Kind): Promise<Flood> {
    const program = path.join(import.meta.dirname, 'flood-server.ts')
    // A young generation of one size: that it may grow in any turn is not what a reader costs.
    const options = ['--expose-gc', '--min-semi-space-size=4', '--max-semi-space-size=4']
    const child = spawn(process.execPath, [...options, program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const { value } = await lines.next()
    const port = Number(value)
    return new Flood(kind, { process: child, lines, port }, await Proxy.open(port))
  }

  /** A client that has joined, behind the proxy or before it. */
  async client(way: 'proxy' | 'direct', conversationId: string): Promise<ToolClient> {
    const port = way === 'proxy' ? this.proxy.port : this.#port
    const client = createToolClient({ transport: transportTo(port, this.#kind), conversationId })
    this.#clients.push(client)
    await until(client, ({ connection }) => connection === 'open')
    return client
  }

  /** Lets a turn be flooded by somebody who does not stay to see it. */
  async start(conversationId: string): Promise<void> {
    const client = await this.client('direct', conversationId)
    await client.send(String(megabytes))
    client.detach()
  }

  /** The next turn that ended. */
  async growth(): Promise<Growth> {
    const { value } = await this.#lines.next()
    // Printed by flood-server.ts, which has this type.
    return JSON.parse(value) as Growth
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.proxy.close()
    this.#child.kill()
  }
}

const isOver = ({ status, messages }: Snapshot): boolean =>
  status === 'ready' && messages.at(-1)?.role === 'assistant'

test.each(kinds)(
  'over %s a reader that stops reading costs no memory, and misses nothing once it reads again',
  { timeout: 60_000 },
  async (kind) => {
    const it = (flood = await Flood.open(kind))
    // What the first turn of a process takes is not what a reader costs.
    await it.client('proxy', 'before')
    await it.start('before')
    const warm = await it.growth()

    const slow = await it.client('proxy', 'talk')
    let shown = 0
    slow.onCall(({ type }) => {
      if (type === 'progress') shown++
    })
    it.proxy.stopReading()
    await it.start('talk')
    const growth = await it.growth()
    const held = shown
    expect(slow.getSnapshot().messages).toEqual([])

    it.proxy.readAgain()
    const { messages, calls } = await until(slow, isOver)
    const round = (n: number): string => n.toFixed(1)
    console.log(
      `${kind}: ${megabytes} MB for a reader that stopped: ${round(growth.resident)} MB resident, ${round(growth.external)} MB external (${round(warm.resident)} MB in the turn before, with a reader that reads)`,
    )
    expect(held).toBe(0)
    expect(growth.resident + growth.external).toBeLessThan(most)
    expect(calls.map(({ output }) => output)).toEqual(Array(4).fill('50 MB'))
    const fresh = await it.client('direct', 'talk')
    expect((await until(fresh, isOver)).messages).toEqual(messages)
  },
)
