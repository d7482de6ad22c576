// Fifty calls one after another, which the client runs, with a result of 50 kB each: how much goes up in each
// step, and how long does it take, beside the clients of the AI SDK and TanStack AI and a session written by
// hand? And what does a session cost that is merely there?
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openaiChat } from '../src/models/openai-chat.ts'
import type { Model } from '../src/ports/index.ts'
import { aiSdk, aiSdkOver } from './roundtrip/ai-sdk.ts'
import { handWritten } from './roundtrip/hand-written.ts'
import { idleSessions } from './roundtrip/idle.ts'
import { type OpenSession, readingModel, resultChars, slowly, steps } from './roundtrip/task.ts'
import { tanstack } from './roundtrip/tanstack.ts'
import { toolwire } from './roundtrip/toolwire.ts'

/** In each round every contender has one turn, in another order each time. */
const ROUNDS = 7
const IDLE = 10_000
/** What we promise: bytes up by the size of the result, and time by that of the session written by hand. */
const MOST_BYTES = 1.2
const MOST_TIME = 2
/** The goal was set where the AI SDK took so many times as long as the session by hand. */
const THEIR_TIME = 10

const hand = 'by hand, WebSocket'
const ours = 'toolwire, WebSocket'
const theirs = { http: 'AI SDK, HTTP', websocket: 'AI SDK, WebSocket' }
const contenders: Readonly<Record<string, OpenSession>> = {
  [ours]: toolwire('websocket'),
  'toolwire, HTTP': toolwire('http'),
  [hand]: handWritten,
  [theirs.http]: aiSdk('http'),
  [theirs.websocket]: aiSdk('websocket'),
  'TanStack AI, HTTP': tanstack,
}

interface Turn {
  /** Between one run of the tool and the next. */
  readonly bytes: readonly number[]
  readonly ms: readonly number[]
}

type Turns = ReadonlyMap<string, readonly Turn[]>

setFlagsFromString('--expose-gc')
print(`${steps} calls, results of ${resultChars / 1_000} kB; medians of ${ROUNDS} rounds`)
const model = readingModel()
print('\nThe model answers at once, from the same process')
const atOnce = await measure(contenders, model)
report(atOnce, true)

const thinkMs = thoughtOf(atOnce)
print(
  `\nThe model thinks for ${thinkMs.toFixed(2)} ms, so that the AI SDK takes ${THEIR_TIME} times as long as the session by hand`,
)
const withThought = {
  [ours]: toolwire('websocket'),
  [hand]: handWritten,
  [theirs.http]: aiSdk('http', thinkMs),
  [theirs.websocket]: aiSdk('websocket', thinkMs),
}
report(await measure(withThought, slowly(model, thinkMs)), false)

const listening = await model.listen()
const behind = openaiChat({ baseURL: listening.url, model: 'scripted', apiKey: 'none' })
print('\nThe same model behind HTTP, asked in full each time, as models are')
const asModelsAre = {
  [ours]: toolwire('websocket'),
  [hand]: handWritten,
  [theirs.http]: aiSdkOver(listening.url, 'http'),
  [theirs.websocket]: aiSdkOver(listening.url, 'websocket'),
}
report(await measure(asModelsAre, behind), false)
await listening.close()

await reportIdle()

async function measure(field: Readonly<Record<string, OpenSession>>, asked: Model): Promise<Turns> {
  const entries = Object.entries(field)
  const turns = new Map(entries.map(([name]) => [name, [] as Turn[]]))
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const at = round % entries.length
    for (const [name, open] of [...entries.slice(at), ...entries.slice(0, at)]) {
      const turn = await play(open, asked)
      if (round > 0) turns.get(name)?.push(turn)
    }
  }
  return turns
}

async function play(open: OpenSession, asked: Model): Promise<Turn> {
  // What the contender before left behind is not this one's to clear away.
  runInNewContext('gc')()
  const session = await open(asked)
  const bytes: number[] = []
  const times: number[] = []
  const words = await session.play((step) => {
    if (step !== times.length) throw new Error(`Step ${step} came after ${times.length} others.`)
    bytes.push(session.bytesUp())
    times.push(performance.now())
  })
  if (words !== 'Done.') throw new Error(`It ended with "${words}".`)
  if (times.length !== steps) throw new Error(`The tool ran ${times.length} times.`)
  await session.close()
  return { bytes: differences(bytes), ms: differences(times) }
}

function report(turns: Turns, withBytes: boolean): void {
  print(row(['', 'kB up, 1st step', 'last', 'in all', 'ms a step', 'last 5', 'by hand = 1']))
  for (const [name, played] of turns) {
    const bytes = played[0]?.bytes ?? []
    print(
      row([
        name,
        kilo(bytes[0]),
        kilo(bytes.at(-1)),
        kilo(sum(bytes)),
        median(played.flatMap(({ ms }) => ms)).toFixed(2),
        median(played.flatMap(({ ms }) => ms.slice(-5))).toFixed(2),
        ratioToHand(turns, name).toFixed(1),
      ]),
    )
  }
  const up = [...turns].flatMap(([name, played]) =>
    name.startsWith('toolwire') ? played.flatMap(({ bytes }) => bytes) : [],
  )
  const [least, most] = [Math.min(...up) / resultChars, Math.max(...up) / resultChars]
  if (withBytes)
    print(
      `  up in every step: ${least.toFixed(3)} to ${most.toFixed(3)} times the result (goal: below ${MOST_BYTES})`,
    )
  print(
    `  a step takes ${ratioToHand(turns, ours).toFixed(1)} times that of the session by hand (goal: ${MOST_TIME})`,
  )
}

/** Of the whole conversation, each in the same round. */
function ratioToHand(turns: Turns, name: string): number {
  const bases = turns.get(hand) ?? []
  const own = turns.get(name) ?? []
  return median(own.map(({ ms }, round) => sum(ms) / sum(bases[round]?.ms ?? [])))
}

/** How long the model has to think in each step, in milliseconds, for the AI SDK to take {@link THEIR_TIME} times. */
function thoughtOf(turns: Turns): number {
  const [base = 0, other = 0] = [hand, theirs.http].map((name) =>
    median((turns.get(name) ?? []).map(({ ms }) => sum(ms) / ms.length)),
  )
  return Math.max(0, (other - THEIR_TIME * base) / (THEIR_TIME - 1))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

async function reportIdle(): Promise<void> {
  print(`\n${IDLE} idle sessions over WebSocket: each joined with a tool, and had one answer`)
  print(row(['', 'kB heap each', 'kB resident each', 'links']))
  for (const kind of ['toolwire', 'sockets alone'] as const) {
    const { heap, resident, links } = await idleSessions(kind, IDLE)
    print(row([kind, kilo(heap / IDLE), kilo(resident / IDLE), String(links)]))
  }
}

function differences(values: readonly number[]): number[] {
  return values.slice(1).map((value, at) => value - (values[at] ?? 0))
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
}

function kilo(bytes: number | undefined): string {
  return ((bytes ?? Number.NaN) / 1_000).toFixed(1)
}

function row(cells: readonly string[]): string {
  return cells.map((cell, column) => (column === 0 ? cell.padEnd(22) : cell.padStart(17))).join('')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
