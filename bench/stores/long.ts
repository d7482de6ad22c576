import { AsyncQueue } from '../../src/base/index.ts'
import { createToolClient } from '../../src/client/index.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import type { Connection, Store } from '../../src/ports/index.ts'
import { type ConversationEvent, protocolVersion } from '../../src/protocol/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'
import { emptyConversation, evolve, messagesOf } from '../../src/turn/index.ts'
import type { Place } from './places.ts'
import { goal, median, print, row } from './report.ts'
import { person, shop, turn } from './turns.ts'

const EARLY = 10
const LATE = 1_000
/** Turns before the one that is timed, which whoever has the conversation in hand has played, too. */
const LEAD = 4
const ROUNDS = 11
const MOST = 1.5

type Server = ReturnType<typeof shop>
type Log = readonly ConversationEvent[]

/** What one turn took, and how many events of the log were read for it. */
interface Cost {
  readonly ms: number
  readonly read: number
}

interface Setting {
  readonly store: Store
  readonly id: string
  /** Plays the next turn on `server`, with an eye on what it costs. */
  readonly timed: (server: Server) => Promise<Cost>
}

interface Way {
  readonly play: (setting: Setting) => Promise<Cost>
  /** Whether the turn is to cost about the same, whatever was before it. */
  readonly isEven: boolean
}

const ways: Readonly<Record<string, Way>> = {
  'in hand': { play: inHand(() => () => {}), isEven: true },
  'in hand, with its client': { play: inHand(client), isEven: true },
  'let go meanwhile': { play: letGo, isEven: true },
  'at a new server': { play: atNewServer, isEven: false },
}

/** What turn 1,000 of a conversation costs beside turn 10, for everything but the model's own reading. */
export async function reportLongConversations(all: Readonly<Record<string, Place>>): Promise<void> {
  print(`\nTurn ${LATE} of a conversation beside turn ${EARLY}; medians of ${ROUNDS} rounds`)
  print(row(['', `ms, turn ${EARLY}`, `turn ${LATE}`, 'ratio', 'events read', `turn ${LATE}`]))
  const log = await logOf(LATE)
  for (const [name, { store }] of Object.entries(all))
    for (const [title, way] of Object.entries(ways))
      await report(`${name}, ${title}`, store, { log, way })
  await reportRequest(log)
  print(`
The model of these turns reads nothing. "With its client": a page in the same process that takes a snapshot at every
change. "Let go": nobody was connected between two turns. "At a new server": one that has to read the whole log,
after a restart or in place of another. That, and the request that a real model gets, grow with the history.`)
}

interface Contest {
  readonly log: Log
  readonly way: Way
}

async function report(name: string, store: Store, { log, way }: Contest): Promise<void> {
  const early: Cost[] = []
  const late: Cost[] = []
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const order = [
      { at: EARLY, into: early },
      { at: LATE, into: late },
    ]
    for (const { at, into } of round % 2 === 0 ? order : order.toReversed()) {
      const id = `${name} ${at} ${round}`
      await seed(store, id, upTo(log, at - 1 - LEAD))
      const cost = await way.play(settingOf(store, id))
      if (round > 0) into.push(cost)
    }
  }
  const ratio = median(late.map(({ ms }, at) => ms / (early[at]?.ms ?? Number.NaN)))
  const msOf = (costs: readonly Cost[]): string => median(costs.map(({ ms }) => ms)).toFixed(2)
  const readOf = (costs: readonly Cost[]): string => String(median(costs.map(({ read }) => read)))
  print(row([name, msOf(early), msOf(late), ratio.toFixed(2), readOf(early), readOf(late)]))
  if (way.isEven) goal(ratio <= MOST, `at most ${MOST} times`)
}

function settingOf(store: Store, id: string): Setting {
  let read = 0
  const counting: Store = {
    durability: store.durability,
    commit: (...given) => store.commit(...given),
    watch: (...given) => store.watch(...given),
    async read(...given) {
      const events = await store.read(...given)
      read += events.length
      return events
    },
  }
  const timed = async (server: Server): Promise<Cost> => {
    const before = read
    const start = performance.now()
    await turn(server, id)
    return { ms: performance.now() - start, read: read - before }
  }
  return { store: counting, id, timed }
}

function inHand(attend: (server: Server, id: string) => () => void): Way['play'] {
  return async ({ store, id, timed }) => {
    const server = shop({ store })
    hold(server, id)
    const leave = attend(server, id)
    for (let n = 0; n < LEAD; n++) await turn(server, id)
    const cost = await timed(server)
    leave()
    await server.close()
    return cost
  }
}

async function letGo({ store, id, timed }: Setting): Promise<Cost> {
  const server = shop({ store })
  for (let n = 0; n < LEAD; n++) {
    await turn(server, id)
    while (server.health().conversations > 0) await new Promise(setImmediate)
  }
  const cost = await timed(server)
  await server.close()
  return cost
}

async function atNewServer({ store, id, timed }: Setting): Promise<Cost> {
  const before = shop({ store })
  for (let n = 0; n < LEAD; n++) await turn(before, id)
  await before.close()
  const server = shop({ store })
  const cost = await timed(server)
  await server.close()
  return cost
}

/** A link that says hello and nothing more: while it is there, the server keeps the conversation in hand. */
function hold(server: Server, conversationId: string): void {
  const frames = new AsyncQueue<unknown>()
  const link: Connection = { frames, send: async () => {}, close: () => frames.end() }
  server.accept(link, person)
  const identity = { conversationId, clientId: 'holder', epoch: 1, journal: 'J0' }
  frames.push({ k: 'hello', v: protocolVersion, ...identity, from: 0 })
}

/** A page that looks at everything, at every change. */
function client(server: Server, conversationId: string): () => void {
  const transport = memoryTransport()
  server.accept(transport, person)
  const page = createToolClient({ transport, conversationId })
  page.subscribe(() => void page.getSnapshot())
  return () => page.close()
}

/** What is written for a provider: the whole history, each time, since that is what models are asked with. */
async function reportRequest(log: Log): Promise<void> {
  const early = await writing(upTo(log, EARLY))
  const late = await writing(upTo(log, LATE))
  const ratio = (late.ms / early.ms).toFixed(0)
  print(row(['request for openai-chat', early.ms.toFixed(2), late.ms.toFixed(2), ratio]))
  print(`  of ${early.kB.toFixed(0)} kB and ${late.kB.toFixed(0)} kB`)
}

async function writing(log: Log): Promise<{ readonly ms: number; readonly kB: number }> {
  const messages = messagesOf(log.reduce(evolve, emptyConversation))
  let kB = 0
  const ms: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now()
    const model = openaiChat({
      model: 'none',
      apiKey: 'none',
      async fetch(_, init) {
        ms.push(performance.now() - start)
        kB = typeof init?.body === 'string' ? init.body.length / 1_000 : Number.NaN
        return new Response('data: [DONE]\n\n', {
          headers: { 'content-type': 'text/event-stream' },
        })
      },
    })
    for await (const _ of model.stream({ messages }));
  }
  return { ms: median(ms), kB }
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
