// Arguments of a tool call that stream in 16-character deltas, with a look at the partial value after
// each: what does that cost beside one JSON.parse when all is there, and how does it grow?
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { JSONParser } from '@streamparser/json'
import { parsePartialJson } from 'ai'
import { parse as parseStream } from 'jsonriver'
import { parse as parsePartial } from 'partial-json'
import { createPartialJsonParser } from '../dist/index.js'

const DELTA = 16
const SIZES = [10_000, 50_000, 100_000, 250_000, 500_000, 1_000_000]
/** Doublings, of which time(2N) / time(N) is taken. */
const DOUBLED = [50_000, 250_000, 500_000]
/** A contender that takes longer for one text is stopped, and is not asked for a longer one. */
const PATIENCE_MS = 2_000
/** In each round every contender has one turn, so that whatever else the machine does hits all. */
const ROUNDS = 25
/** Who has used this much for one text has no more turns. */
const ENOUGH_MS = 1_000
const WARM_UP_MS = 400
/** Short texts are read so often in one turn that it lasts this long. */
const TURN_MS = 10

/** Takes in the deltas of a text, calls `look` with the value after each, and returns the last one. */
type Contender = (input: Input, look: (value: unknown) => void) => unknown

interface Input {
  readonly text: string
  readonly deltas: readonly string[]
}

const contenders = {
  'JSON.parse': ({ deltas }) => {
    let text = ''
    for (const delta of deltas) text += delta
    return JSON.parse(text)
  },
  'of one piece': ({ text }) => JSON.parse(text),
  toolwire: ({ deltas }, look) => {
    const parser = createPartialJsonParser()
    for (const delta of deltas) {
      parser.push(delta)
      look(parser.value)
    }
    return parser.end()
  },
  'toolwire unread': ({ deltas }) => {
    const parser = createPartialJsonParser()
    for (const delta of deltas) parser.push(delta)
    return parser.end()
  },
  'jsonriver*': async ({ deltas }, look) => {
    let last: unknown
    for await (const value of parseStream(asyncOf(deltas))) {
      look(value)
      last = value
    }
    return last
  },
  '@streamparser/json*': ({ deltas }, look) => {
    const parser = new JSONParser({ emitPartialTokens: true, emitPartialValues: true })
    let last: unknown
    parser.onValue = ({ value }) => {
      last = value
    }
    for (const delta of deltas) {
      parser.write(delta)
      look(last)
    }
    return last
  },
  ai: async ({ deltas }, look) => {
    let text = ''
    let last: unknown
    for (const delta of deltas) {
      text += delta
      last = (await parsePartialJson(text)).value
      look(last)
    }
    return last
  },
  'partial-json': ({ deltas }, look) => {
    let text = ''
    let last: unknown
    for (const delta of deltas) {
      text += delta
      last = parsePartial(text)
      look(last)
    }
    return last
  },
} satisfies Record<string, Contender>

/** Before it in the table: JSON.parse and ourselves. */
const FIRST_PEER = 4

const shapes: Record<string, (size: number) => unknown> = {
  'one long string, the source of this parser again and again': (size) => {
    const source = readFileSync(
      path.join(import.meta.dirname, '../src/base/partial-json/json-reader.ts'),
      'utf8',
    )
    const content = source.repeat(Math.ceil(size / source.length))
    return {
      path: 'src/json-reader.ts',
      content: content.slice(0, size * (size / JSON.stringify(content.slice(0, size)).length)),
    }
  },
  'many small objects in arrays': (size) => {
    const rows: unknown[] = []
    for (let length = 12; length < size; length += JSON.stringify(rows.at(-1)).length + 1) {
      const id = rows.length
      rows.push({
        id,
        name: `item ${id}`,
        price: (id * 37) / 8,
        tags: ['new', 'sale'],
        inStock: id % 3 > 0,
      })
    }
    return { rows }
  },
}

class OutOfPatience extends Error {}

/** Median milliseconds, and the median of how often the JSON.parse of the same round; or no patience. */
type Cell = { readonly ms: number; readonly times: number } | undefined
type Row = ReadonlyMap<string, Cell>

for (const [shape, make] of Object.entries(shapes)) {
  print(`\n${shape}`)
  print(line(['', ...Object.keys(contenders)]))
  const rows: Row[] = []
  for (const size of SIZES) {
    const row = await measureRow(inputOf(make(size)), rows.at(-1))
    rows.push(row)
    print(line([`${size / 1_000} kB`, ...Array.from(row.values(), show)]))
  }
  const growth: number[] = []
  for (const size of DOUBLED)
    growth.push(await measureGrowth(inputOf(make(size)), inputOf(make(2 * size))))
  for (const finding of findings(rows, growth)) print(finding)
}
print(`
Median milliseconds, and in brackets how often the one JSON.parse at the end of the same text: the
deltas are joined as they come, and parsed once. "of one piece" parses a text that need not be joined.
All others show their value after each ${DELTA}-character delta; "toolwire unread" does not.
* changes one value in place: what was shown a delta ago is gone.`)

function inputOf(value: unknown): Input {
  const text = JSON.stringify(value)
  const deltas: string[] = []
  // A delta comes as a string of its own, not as a slice of one text.
  for (let at = 0; at < text.length; at += DELTA)
    deltas.push(JSON.parse(JSON.stringify(text.slice(at, at + DELTA))))
  return { text, deltas }
}

/** Who ran out of patience with a shorter text is not asked again. */
async function measureRow(input: Input, shorter: Row | undefined): Promise<Row> {
  const runners = new Map<string, Runner>()
  for (const [name, contender] of Object.entries(contenders)) {
    const isHopeless = shorter !== undefined && shorter.get(name) === undefined
    const runner = isHopeless ? undefined : await warmUp(contender, input)
    if (runner) runners.set(name, runner)
  }
  for (let round = 0; round < ROUNDS; round++)
    for (const runner of runners.values()) if (runner.spent < ENOUGH_MS) await takeTurn(runner)
  const base = runners.get('JSON.parse')?.turns ?? []
  const cell = (runner: Runner | undefined): Cell =>
    runner && {
      ms: median(runner.turns),
      times: median(runner.turns.map((ms, round) => ms / (base[round] ?? Number.NaN))),
    }
  return new Map(Object.keys(contenders).map((name) => [name, cell(runners.get(name))]))
}

/** time(2N) / time(N), each doubling in turns. */
async function measureGrowth(once: Input, twice: Input): Promise<number> {
  const [single, double] = [
    await warmUp(contenders.toolwire, once),
    await warmUp(contenders.toolwire, twice),
  ]
  if (!single || !double) return Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    await takeTurn(single)
    await takeTurn(double)
  }
  return median(double.turns.map((ms, round) => ms / (single.turns[round] ?? Number.NaN)))
}

interface Runner {
  readonly run: () => Promise<number>
  readonly repeats: number
  readonly turns: number[]
  spent: number
}

async function warmUp(contender: Contender, input: Input): Promise<Runner | undefined> {
  const run = async (): Promise<number> => (await time(contender, input)).ms
  try {
    const started = performance.now()
    let { ms, value } = await time(contender, input, PATIENCE_MS)
    if (!isDeepStrictEqual(value, JSON.parse(input.text)))
      throw new Error('The value is not that of JSON.parse.')
    while (performance.now() - started < WARM_UP_MS) ms = await run()
    return { run, repeats: Math.max(1, Math.ceil(TURN_MS / ms)), turns: [], spent: 0 }
  } catch (error) {
    if (error instanceof OutOfPatience) return undefined
    throw error
  }
}

async function takeTurn(runner: Runner): Promise<void> {
  let sum = 0
  for (let turn = 0; turn < runner.repeats; turn++) sum += await runner.run()
  runner.spent += sum
  runner.turns.push(sum / runner.repeats)
}

async function time(
  contender: Contender,
  input: Input,
  patienceMs = Number.POSITIVE_INFINITY,
): Promise<{ ms: number; value: unknown }> {
  const started = performance.now()
  let looks = 0
  let shown: unknown
  const result = contender(input, (value) => {
    shown = value
    if (++looks % 64 === 0 && performance.now() - started > patienceMs) throw new OutOfPatience()
  })
  const value = result instanceof Promise ? await result : result
  const ms = performance.now() - started
  if (looks > 0 && shown === undefined) throw new Error('Nothing was shown.')
  return { ms, value }
}

function* findings(rows: readonly Row[], growth: readonly number[]): Generator<string> {
  const times = rows.map((row) => row.get('toolwire')?.times ?? Number.POSITIVE_INFINITY)
  const near = SIZES.filter((_size, index) => (times[index] ?? Number.NaN) <= 5)
  const leads = rows.flatMap((row) =>
    [...row]
      .slice(FIRST_PEER)
      .map(([, cell]) => (cell?.ms ?? PATIENCE_MS) / (row.get('toolwire')?.ms ?? Number.NaN)),
  )
  yield `  time(2N) / time(N): ${growth.map((factor) => factor.toFixed(2)).join(', ')} (goal: below 2.2)`
  yield `  a fresh value after every delta: ${times.map((factor) => factor.toFixed(1)).join(', ')} times one JSON.parse (goal: 5; met at ${near.map((size) => `${size / 1_000} kB`).join(', ')})`
  yield `  the next best takes ${Math.min(...leads).toFixed(1)} to ${Math.max(...leads.filter(Number.isFinite)).toFixed(0)} times as long`
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
}

function show(cell: Cell): string {
  if (!cell) return `> ${PATIENCE_MS / 1_000} s`
  const ms = cell.ms < 10 ? cell.ms.toPrecision(2) : cell.ms.toFixed(0)
  return `${ms} (${cell.times < 100 ? cell.times.toFixed(1) : cell.times.toFixed(0)})`
}

function line(cells: readonly string[]): string {
  return cells.map((cell, column) => (column === 0 ? cell.padEnd(8) : cell.padStart(20))).join('')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function* asyncOf(deltas: readonly string[]): AsyncGenerator<string> {
  yield* deltas
}
