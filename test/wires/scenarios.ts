import type { Snapshot } from '../../src/client/index.ts'
import type { ScriptStep } from '../../src/testing/index.ts'
import { App, type OpenWire, until } from './app.ts'

/** What every wire has to carry. Each runs in a page, a worker or Node, and throws where it does not hold. */
export const scenarios: Readonly<Record<string, (openWire: OpenWire) => Promise<void>>> = {
  'a message is answered': (openWire) =>
    withApp(openWire, [{ text: 'Hello, world.' }], async (app) => {
      const client = app.client()
      await client.send('Hi')
      const { messages, connection } = await until(client, isOver)
      equal(messages.map(textOf), ['Hi', 'Hello, world.'])
      equal(connection, 'open')
    }),

  'tools of client and server run in one turn': (openWire) =>
    withApp(
      openWire,
      [calls(['echo', { text: 'one' }], ['add', { a: 1, b: 2 }], ['echo', { text: 'two' }]), done],
      async (app) => {
        const client = app.client()
        await client.send('Go')
        const snapshot = await until(client, isOver)
        equal(outputsOf(snapshot), [
          { text: 'one', owner: 'client 1' },
          3,
          { text: 'two', owner: 'client 1' },
        ])
      },
    ),

  'large values and every character go both ways': (openWire) => {
    const text = `${'\u{1F600}\0"\\\n\u2028é'.repeat(20_000)}end`
    return withApp(openWire, [calls(['echo', { text }]), done], async (app) => {
      const client = app.client()
      await client.send('Go')
      const snapshot = await until(client, isOver)
      equal(outputsOf(snapshot), [{ text, owner: 'client 1' }])
    })
  },

  'a link that breaks while a tool runs costs nothing': (openWire) =>
    withApp(openWire, [calls(['wait', { name: 'a' }]), done], async (app) => {
      const client = app.client()
      await client.send('Go')
      await until(client, () => app.begun.length > 0)
      await app.wire.cut()
      await until(client, ({ connection }) => connection !== 'open')
      app.openGate('a')
      const snapshot = await until(client, isOver)
      equal(outputsOf(snapshot), ['a waited'])
      equal(app.begun, ['a'])
    }),

  'a link that breaks again and again costs nothing': (openWire) =>
    withApp(
      openWire,
      [calls(['wait', { name: 'a' }], ['wait', { name: 'b' }]), done],
      async (app) => {
        const client = app.client()
        await client.send('Go')
        await until(client, () => app.begun.length === 2)
        for (const name of ['a', 'b']) {
          await app.wire.cut()
          await until(client, ({ connection }) => connection !== 'open')
          app.openGate(name)
          await until(client, ({ connection }) => connection === 'open')
        }
        const snapshot = await until(client, isOver)
        equal(outputsOf(snapshot), ['a waited', 'b waited'])
        equal(app.begun, ['a', 'b'])
      },
    ),

  'a call is cancelled, and the turn goes on': (openWire) =>
    withApp(openWire, [calls(['wait', { name: 'a' }]), done], async (app) => {
      const client = app.client()
      await client.send('Go')
      const { calls: open } = await until(client, () => app.begun.length > 0)
      await client.cancel(open[0]?.toolCallId ?? '')
      const snapshot = await until(client, isOver)
      equal(statesOf(snapshot), ['cancelled'])
      equal(snapshot.messages.map(textOf).at(-1), 'Done.')
    }),

  'of two clients one runs a call, and both see it': (openWire) =>
    withApp(openWire, [calls(['echo', { text: 'x' }]), done], async (app) => {
      const first = app.client()
      await until(first, ({ connection }) => connection === 'open')
      const second = app.client({ conversationId: first.conversationId })
      await until(second, ({ connection }) => connection === 'open')
      await second.send('Go')
      const seen = [await until(second, isOver), await until(first, isOver)]
      equal(seen.map(outputsOf), [
        [{ text: 'x', owner: 'client 2' }],
        [{ text: 'x', owner: 'client 2' }],
      ])
    }),

  'who comes later sees what was': (openWire) =>
    withApp(openWire, [calls(['echo', { text: 'x' }]), done], async (app) => {
      const first = app.client()
      await first.send('Go')
      const before = await until(first, isOver)
      first.detach()
      const second = app.client({ conversationId: first.conversationId })
      const after = await until(second, ({ messages }) => messages.length > 0)
      equal(after.messages, before.messages)
    }),

  'stop ends the turn': (openWire) =>
    withApp(openWire, [calls(['wait', { name: 'a' }]), done], async (app) => {
      const client = app.client()
      await client.send('Go')
      await until(client, () => app.begun.length > 0)
      await client.stop()
      const snapshot = await until(client, ({ status }) => status === 'ready')
      equal(statesOf(snapshot), ['cancelled'])
    }),
}

const done: ScriptStep = { text: 'Done.' }

function calls(...asked: readonly (readonly [string, object])[]): ScriptStep {
  return { toolCalls: asked.map(([toolName, input]) => ({ toolName, input })) }
}

async function withApp(
  openWire: OpenWire,
  steps: readonly ScriptStep[],
  work: (app: App) => Promise<void>,
): Promise<void> {
  const app = await App.open(openWire, steps)
  try {
    await work(app)
    equal(app.errors.map(String), [])
  } finally {
    await app.close()
  }
}

function isOver({ status, messages }: Snapshot): boolean {
  return status === 'ready' && messages.at(-1)?.role === 'assistant'
}

function textOf({ parts }: Snapshot['messages'][number]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function outputsOf({ calls: all }: Snapshot): unknown[] {
  return all.map(({ output }) => output)
}

function statesOf({ calls: all }: Snapshot): string[] {
  return all.map(({ state }) => state)
}

/** No test runner is where these run. */
function equal(actual: unknown, expected: unknown): void {
  const [is, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== wanted) throw new Error(`It is ${is.slice(0, 2_000)}, not ${wanted.slice(0, 2_000)}.`)
}
