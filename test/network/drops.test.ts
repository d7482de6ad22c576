import { afterEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { systemWorld } from '../../src/base/index.ts'
import { type Snapshot, type ToolClient, createToolClient } from '../../src/client/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { Origin, Realm } from '../client/realm.ts'
import { until } from '../wires/app.ts'
import { House, type Kind, kinds } from './house.ts'

let talk: Talk | undefined

afterEach(() => talk?.close())

/** A call that takes as long as the test wants, in tabs of one origin that share a journal. */
class Talk {
  /** The realms in which the call began, in order. */
  readonly begun: Realm[] = []
  readonly errors: string[]
  readonly house: House
  finish: () => void = () => {}
  readonly #clients: ToolClient[] = []
  readonly #finished = new Promise<void>((resolve) => {
    this.finish = resolve
  })

  private constructor(house: House, errors: string[]) {
    this.house = house
    this.errors = errors
  }

  static async open(kind: Kind): Promise<Talk> {
    const errors: string[] = []
    const server = createToolServer({
      model: scriptedModel([{ toolCalls: [{ toolName: 'work' }] }, { text: 'Done.' }]),
      tools: [defineTool(work)],
      authenticate: () => ({ id: 'me' }),
      onError: ({ error }) => errors.push(String(error)),
    })
    return new Talk(await House.open(server, { kind }), errors)
  }

  /** A tab that has joined. */
  async tab(realm: Realm): Promise<ToolClient> {
    const client = createToolClient({
      world: realm.world,
      ledger: realm.ledger,
      transport: realm.reach(this.house.transport()),
      conversationId: 'talk',
      tools: [this.#tool(realm)],
      onError: ({ error }) => this.errors.push(String(error)),
    })
    this.#clients.push(client)
    await until(client, ({ connection }) => connection === 'open')
    return client
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.house.close()
  }

  #tool(realm: Realm): AnyTool {
    return defineTool({
      ...work,
      execute: async () => {
        this.begun.push(realm)
        await this.#finished
        return 'worked'
      },
    })
  }
}

const work = {
  name: 'work',
  description: 'Takes as long as the test wants',
  inputSchema: z.object({}),
} as const

/** Three times the network is reset, and each time the client comes back by itself. */
async function dropThrice({ house }: Talk, client: ToolClient): Promise<void> {
  for (let drops = 0; drops < 3; drops++) {
    house.proxy.reset()
    await until(client, ({ connection }) => connection !== 'open')
    await until(client, ({ connection }) => connection === 'open')
  }
}

const isExecuting = ({ calls }: Snapshot): boolean => calls[0]?.state === 'executing'
const isOver = ({ status, messages }: Snapshot): boolean =>
  status === 'ready' && messages.at(-1)?.role === 'assistant'

const outcomes = async (...clients: ToolClient[]): Promise<unknown[]> =>
  Promise.all(
    clients.map(async (client) => {
      const { calls } = await until(client, isOver)
      return calls.map(({ state, output }) => [state, output])
    }),
  )

describe.each(kinds)('over %s, after three drops', (kind) => {
  test('and a second tab that is reloaded, a call has begun once and ends once', async () => {
    talk = await Talk.open(kind)
    const first = new Realm(new Origin(), systemWorld)
    const client = await talk.tab(first)
    await client.send('Go.')
    await until(client, isExecuting)
    await dropThrice(talk, client)
    const other = new Realm(first.origin, systemWorld)
    await until(await talk.tab(other), isExecuting)
    const reloaded = await talk.tab(other.reload())
    await until(reloaded, isExecuting)
    talk.finish()
    const ended = [['output-available', 'worked']]
    expect(await outcomes(client, reloaded)).toEqual([ended, ended])
    expect(talk.begun).toEqual([first])
    expect(talk.errors).toEqual([])
  })

  test('and a reload of the tab that ran it, the journal hands in what it gave back', async () => {
    talk = await Talk.open(kind)
    const first = new Realm(new Origin(), systemWorld)
    const client = await talk.tab(first)
    await client.send('Go.')
    await until(client, isExecuting)
    await dropThrice(talk, client)
    const other = await talk.tab(new Realm(first.origin, systemWorld))
    // From here on nothing of the first tab arrives.
    talk.house.proxy.freeze()
    talk.finish()
    await written(first.origin, 'worked')
    const reloaded = await talk.tab(first.reload())
    const ended = [['output-available', 'worked']]
    expect(await outcomes(reloaded)).toEqual([ended])
    expect(talk.begun).toEqual([first])
    other.close()
    const late = await talk.tab(new Realm(first.origin, systemWorld))
    expect(await outcomes(late)).toEqual([ended])
    expect(talk.errors).toEqual([])
  })
})

/** Resolves once the journal of `origin` holds `output`. */
async function written({ stored }: Origin, output: string): Promise<void> {
  while (!JSON.stringify([...stored.values()]).includes(output))
    await new Promise<void>((resolve) => void setImmediate(resolve))
}
