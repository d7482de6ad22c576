import { AsyncQueue } from '../../src/base/index.ts'
import { createToolClient } from '../../src/client/index.ts'
import type { Connection, Store } from '../../src/ports/index.ts'
import { type ConversationEvent, protocolVersion } from '../../src/protocol/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'
import { type Place } from './places.ts'
import { goal, median, print, row } from './report.ts'
import { person, shop, turn } from './turns.ts'

const EARLY = 10
const LATE = 1_000
/** Turns that are played before the one that is timed, by whoever has the conversation in hand. */
const LEAD = 4
const ROUNDS = 15
const MOST = 1.5

type Server = ReturnType<typeof shop>
type Log = readonly ConversationEvent[]

/** How a conversation is at hand when its next turn comes. */
interface Setting {
  readonly store: Store
  readonly id: string
}

/** Plays the turn that is due, resolves with its milliseconds, and leaves. */
type Way = (setting: Setting) => Promise<number>

const ways: Readonly<Record<string, Way>> = {
  'in hand': inHand(() => () => {}),
  'in hand, client and all': inHand(client),
  'taken over': async ({ store, id }) => {
    const server = shop({ store })
    const ms = await timed(() => turn(server, id))
    await server.close()
    return ms
  },
}

/** What turn 1,000 of a conversation costs beside turn 10, for everything but the model's own reading. */
export async function reportLongConversations(
  all: Readonly<Record<string, Place>>,
): Promise<void> {
  print(`\nTurn ${LATE} of a conversation beside turn ${EARLY}; medians of ${ROUNDS} rounds`)
  print(row(['', `ms, turn ${EARLY}`, `turn ${LATE}`, 'ratio', 'events read', 'beside']))
  const log = await logOf(LATE)
  for (const [name, { store }] of Object.entries(all)) {
    for (const [way, play] of Object.entries(ways)) await report(`${name}, ${way}`, { store, log, play })
  }
}

async function report(
  name: string,
  { store, log, play }: { readonly store: Store; readonly log: Log; readonly play: Way },
): Promise<void> {
  const early: number[] = []
  const late: number[] = []
  const read = { early: 0, late: 0 }
  for (let round = 0; round <= ROUNDS; round++) {
    const sample = async (at: number, into: number[]): Promise<number> => {
      const id = `${name} ${at} ${round}`
      await seed(store, id, upTo(log, at - 1 - LEAD))
      let events = 0
      const counting: Store = {
        durability: store.durability,
        commit: (...given) => store.commit(...given),
        watch: (...given) => store.watch(...given),
        async read(...given) {
          const found = await store.read(...given)
          events += found.length
          return found
        },
      }
      const ms = await play({ store: counting, id })
      // The first round warms up.
      if (round > 0) into.push(ms)
      return events
    }
    const order = [
      async () => void (read.early = await sample(EARLY, early)),
      async () => void (read.late = await sample(LATE, late)),
    ]
    for (const each of round % 2 === 0 ? order : order.toReversed()) await each()
  }
  const ratio = median(late.map((ms, at) => ms / (early[at] ?? Number.NaN)))
  print(
    row([
      name,
      median(early).toFixed(2),
      median(late).toFixed(2),
      ratio.toFixed(2),
      String(read.early),
      String(read.late),
    ]),
  )
  if (!name.includes('taken over')) goal(ratio <= MOST, `at most ${MOST} times`)
}

function inHand(attend: (server: Server, id: string) => () => void): Way {
  return async ({ store, id }) => {
    const server = shop({ store })
    hold(server, id)
    const leave = attend(server, id)
    for (let n = 0; n < LEAD; n++) await turn(server, id)
    const ms = await timed(() => turn(server, id))
    leave()
    await server.close()
    return ms
  }
}

/** A link that says hello and nothing more: while it is there, the server keeps the conversation in hand. */
function hold(server: Server, conversationId: string): void {
  const frames = new AsyncQueue<unknown>()
  const link: Connection = { frames, send: async () => {}, close: () => frames.end() }
  server.accept(link, person)
  frames.push({ k: 'hello', v: protocolVersion, conversationId, clientId: 'holder', epoch: 1, from: 0, journal: 'J0' })
}

/** A page that shows everything, at every change. */
function client(server: Server, conversationId: string): () => void {
  const transport = memoryTransport()
  server.accept(transport, person)
  const page = createToolClient({ transport, conversationId })
  page.subscribe(() => void page.getSnapshot().messages.length)
  return () => page.close()
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function logOf(turns: number): Promise<Log> {
  const store = memoryStore()
  const server = shop({ store })
  for (let n = 0; n < turns; n++) await turn(server, 'long')
  await server.close()
  return store.read('long', 0)
}

/** The events of the first `turns` turns. */
function upTo(log: Log, turns: number): Log {
  const ends = log.flatMap(({ type }, at) => (type === 'turn-finished' ? [at + 1] : []))
  return log.slice(0, ends[turns - 1])
}

async function seed(store: Store, id: string, log: Log): Promise<void> {
  const piece = 1_000
  for (let at = 0; at < log.length; at += piece)
    if ((await store.commit(id, at, log.slice(at, at + piece))) !== 'committed')
      throw new Error('The conversation could not be seeded.')
}
