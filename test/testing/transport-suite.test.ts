// The suite finds what is wrong with a transport: each row breaks one promise of a wire that keeps them all.
import { expect, test } from 'vitest'
import { AsyncQueue, ToolwireError } from '../../src/base/index.ts'
import type { Connection } from '../../src/ports/index.ts'
import {
  type TransportBench,
  type TransportSuiteOptions,
  memoryTransport,
  transportSuite,
} from '../../src/testing/index.ts'

type Change = (connection: Connection) => Connection

/** A good wire, whose two ends can be changed. */
function wire(
  { client = same, server = same }: { readonly client?: Change; readonly server?: Change },
  more: Partial<TransportBench> = {},
): () => TransportBench {
  return () => {
    const memory = memoryTransport()
    return {
      transport: {
        name: 'broken',
        connect: async (hello, signal) => client(await memory.connect(hello, signal)),
      },
      listener: { listen: (onLink) => memory.listen((link) => onLink(server(link))) },
      cut: () => memory.cut(),
      ...more,
    }
  }
}

const same: Change = (connection) => connection

/** An end that makes other frames of what comes. */
function reading(change: (frame: unknown, index: number) => readonly unknown[]): Change {
  return (connection) => ({
    ...connection,
    frames: (async function* () {
      let index = 0
      for await (const frame of connection.frames) yield* change(frame, index++)
    })(),
  })
}

/** An end that shows another end of its frames. */
function ending(change: (error: unknown) => void): Change {
  return (connection) => ({
    ...connection,
    frames: (async function* () {
      let failure: unknown = null
      try {
        yield* connection.frames
      } catch (error) {
        failure = error
      }
      change(failure)
    })(),
  })
}

const recoded = (recode: (json: string) => string): Change =>
  reading((frame) => [JSON.parse(recode(JSON.stringify(frame)))])

const shared: unknown[] = []
const everybody = new Set<AsyncQueue<unknown>>()

const faults: readonly (readonly [what: string, open: TransportSuiteOptions['open'], RegExp])[] = [
  [
    'a frame that is lost',
    wire({ client: reading((f, i) => (i === 30 ? [] : [f])) }),
    /in order, down/,
  ],
  [
    'a frame that comes twice',
    wire({ server: reading((f, i) => (i === 30 ? [f, f] : [f])) }),
    /in order, up/,
  ],
  [
    'a hello that is lost',
    wire({ server: reading((f, i) => (i ? [f] : [])) }),
    /hello comes first/,
  ],
  [
    'a hello that is cut',
    wire({ server: reading((f, i) => [i ? f : { ...Object(f), epoch: 0 }]) }),
    /hello comes first/,
  ],
  [
    'lone surrogates',
    wire({ client: recoded((json) => json.replaceAll(/\\ud[89a-f]../g, '?')) }),
    /as it was, down/,
  ],
  [
    'no mark of byte order',
    wire({ server: recoded((json) => json.replaceAll('\ufeff', '')) }),
    /as it was, up/,
  ],
  [
    'line breaks that change',
    wire({ client: recoded((json) => json.replaceAll('\\r\\n', '\\n')) }),
    /as it was, down/,
  ],
  [
    'large frames that are cut',
    wire({ server: reading((f) => (JSON.stringify(f).length > 100_000 ? [] : [f])) }),
    /largest frame arrives whole, up/,
  ],
  [
    'frames that are shared',
    wire({
      server: (connection) => ({
        ...connection,
        send: async (frame) => {
          shared.push(frame)
          await connection.send({ at: shared.length - 1 })
        },
      }),
      client: reading((frame) => [shared[Object(frame).at]]),
    }),
    /frames are copies, down/,
  ],
  [
    'links that mix',
    wire({
      client: (connection) => {
        const frames = new AsyncQueue<unknown>()
        everybody.add(frames)
        const pass = async (): Promise<void> => {
          for await (const frame of connection.frames) for (const one of everybody) one.push(frame)
          frames.end()
        }
        pass().catch((error: unknown) => frames.fail(error))
        return { ...connection, frames }
      },
    }),
    /do not mix/,
  ],
  [
    'a close that says it broke',
    wire({
      client: ending(() => {
        throw new ToolwireError('TRANSPORT_CLOSED', 'x')
      }),
    }),
    /hear that the server closed/,
  ],
  ['a break that says it was closed', wire({ client: ending(() => {}) }), /hear that a link broke/],
  [
    'an error of its own',
    wire({
      client: ending((error) => {
        if (error) throw new Error('ECONNRESET')
      }),
    }),
    /hear that a link broke/,
  ],
  [
    'a close that the other end is not told of',
    wire({ client: (connection) => ({ ...connection, close() {} }) }),
    /hear that the client closed/,
  ],
  [
    'a send that swallows',
    wire({
      client: (connection) => ({ ...connection, send: (f) => connection.send(f).catch(() => {}) }),
    }),
    /hear that the client closed/,
  ],
  [
    'last words that are lost',
    wire({
      server: (connection) => ({
        ...connection,
        send: async (f) => {
          await Promise.resolve()
          await connection.send(f)
        },
      }),
    }),
    /last word/,
  ],
  ['a cut that nobody hears of', wire({}, { cut() {} }), /hear that a link broke/],
  ['a refusal that is none', wire({}, { refuse() {} }), /refused is told so/],
  ['something that is left', wire({}, { leftovers: () => 1 }), /hello comes first/],
  [
    'an abort that is not heard',
    () => {
      const memory = memoryTransport()
      const never = new AbortController().signal
      return {
        transport: { name: 'deaf', connect: (hello) => memory.connect(hello, never) },
        listener: memory,
      }
    },
    /abort closes a link that is open/,
  ],
  [
    'a listener that never stops',
    () => {
      const memory = memoryTransport()
      const listeners: ((connection: Connection) => void)[] = []
      memory.listen((link) => listeners.forEach((onLink) => onLink(link)))
      return {
        transport: memory,
        listener: { listen: (onLink) => (listeners.push(onLink), () => {}) },
      }
    },
    /takes in nobody/,
  ],
  [
    'a beat that no server takes',
    () => {
      const memory = memoryTransport()
      const connect: typeof memory.connect = (...args) => memory.connect(...args)
      return { transport: { name: 'fast', beatMs: 10, connect }, listener: memory }
    },
    /beats that a server takes/,
  ],
]

test.each(faults)('finds %s', async (_, open, failing) => {
  const suite = transportSuite({ name: 'broken', open, patienceMs: 100 })
  const suspects = suite.filter(({ name }) => failing.test(name))
  expect(suspects.length).toBeGreaterThan(0)
  for (const { run } of suspects)
    await expect(run()).rejects.toMatchObject({ code: 'SUITE_FAILED' })
})

test('finds nothing wrong with a good wire', async () => {
  for (const { run } of transportSuite({ name: 'good', open: wire({}) })) await run()
})
