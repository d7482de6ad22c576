// Arguments of a tool call that stream in 16-character deltas, with a look at the partial value after
// each: what does that cost beside one JSON.parse when all is there, and how does it grow?
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { JSONParser } from '@streamparser/json'
import { parsePartialJson } from 'ai'
import { parse as parseStream } from 'jsonriver'
import { parse as parsePartial } from 'partial-json'
import { createPartialJsonParser } from '../src/base/index.ts'

const DELTA = 16
const SIZES = [10_000, 50_000, 100_000, 250_000, 500_000, 1_000_000]
/** A contender that takes longer for one text is stopped, and is not asked for a longer one. */
const PATIENCE_MS = 2_000
/** Samples of one cell: at most so many, and none is begun after that time. */
const SAMPLES = 25
const CELL_MS = 1_500
const WARM_UP_MS = 200
/** Short texts are read so often in one sample that it lasts this long. */
const SAMPLE_MS = 4

/** Takes in the deltas of a text, calls `look` with the value after each, and returns the last one. */
type Contender = (input: Input, look: (value: unknown) => void) => unknown

interface Input {
  readonly text: string
  readonly deltas: readonly string[]
}

const contenders: Record<string, Contender> = {
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
}

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

/** Milliseconds, or undefined where patience ended. */
type Cell = number | undefined
type Row = ReadonlyMap<string, Cell>

for (const [shape, make] of Object.entries(shapes)) {
  print(`\n${shape}`)
  print(line(['', ...Object.keys(contenders)]))
  const rows: Row[] = []
  for (const size of SIZES) {
    const row = await measureRow(JSON.stringify(make(size)), rows.at(-1))
    rows.push(row)
    print(
      line([
        `${size / 1_000} kB`,
        ...Array.from(row.values(), (cell) => show(cell, row.get('JSON.parse'))),
      ]),
    )
  }
  for (const judgement of judge(rows)) print(judgement)
}
print(`
Median milliseconds, and in brackets how often the one JSON.parse at the end of the same text: the
deltas are joined as they come, and parsed once. "of one piece" parses a text that need not be joined.
All others show their value after each ${DELTA}-character delta; "toolwire unread" does not.
* changes one value in place: what was shown a delta ago is gone.`)

/** Who ran out of patience with a shorter text is not asked again. */
async function measureRow(text: string, shorter: Row | undefined): Promise<Row> {
  const deltas: string[] = []
  // A delta comes as a string of its own, not as a slice of one text.
  for (let at = 0; at < text.length; at += DELTA)
    deltas.push(JSON.parse(JSON.stringify(text.slice(at, at + DELTA))))
  const row = new Map<string, Cell>()
  for (const [name, contender] of Object.entries(contenders)) {
    const isHopeless = shorter?.has(name) && shorter.get(name) === undefined
    row.set(name, isHopeless ? undefined : await measure(contender, { text, deltas }))
  }
  return row
}

async function measure(contender: Contender, input: Input): Promise<Cell> {
  try {
    const started = performance.now()
    let [ms, value] = await time(contender, input)
    if (!isDeepStrictEqual(value, JSON.parse(input.text)))
      throw new Error('The value is not that of JSON.parse.')
    while (performance.now() - started < WARM_UP_MS) [ms] = await time(contender, input)
    const repeats = Math.max(1, Math.ceil(SAMPLE_MS / ms))
    const samples: number[] = []
    do {
      let sum = 0
      for (let run = 0; run < repeats; run++) sum += (await time(contender, input))[0]
      samples.push(sum / repeats)
    } while (samples.length < SAMPLES && performance.now() - started < CELL_MS)
    return samples.toSorted((a, b) => a - b)[samples.length >> 1]
  } catch (error) {
    if (error instanceof OutOfPatience) return undefined
    throw error
  }
}

async function time(contender: Contender, input: Input): Promise<[ms: number, value: unknown]> {
  const started = performance.now()
  let looks = 0
  let shown: unknown
  const value = contender(input, (partial) => {
    shown = partial
    if (++looks % 64 === 0 && performance.now() - started > PATIENCE_MS) throw new OutOfPatience()
  })
  const last = value instanceof Promise ? await value : value
  const ms = performance.now() - started
  if (looks > 0 && shown === undefined) throw new Error('Nothing was shown.')
  return [ms, last]
}

function* judge(rows: readonly Row[]): Generator<string> {
  const of = (name: string, size: number): number =>
    rows[SIZES.indexOf(size)]?.get(name) ?? Number.POSITIVE_INFINITY
  const growth = SIZES.filter((size) => SIZES.includes(2 * size)).map(
    (size) => of('toolwire', 2 * size) / of('toolwire', size),
  )
  const ratio = Math.max(...SIZES.map((size) => of('toolwire', size) / of('JSON.parse', size)))
  const peers = Object.keys(contenders).slice(4)
  const lead = Math.min(
    ...SIZES.flatMap((size) => peers.map((peer) => of(peer, size) / of('toolwire', size))),
  )
  yield verdict(
    `time(2N) / time(N) is ${growth.map((factor) => factor.toFixed(2)).join(', ')}`,
    Math.max(...growth) < 2.2,
  )
  yield verdict(
    `a fresh value after every delta costs at most ${ratio.toFixed(1)} times one JSON.parse at the end`,
    ratio <= 5,
  )
  yield verdict(`the next best takes at least ${lead.toFixed(1)} times as long`, lead > 1)
}

function verdict(finding: string, isMet: boolean): string {
  return `${isMet ? 'met   ' : 'MISSED'}  ${finding}`
}

function show(cell: Cell, base: Cell): string {
  if (cell === undefined) return `> ${PATIENCE_MS / 1_000} s`
  const ms = cell < 10 ? cell.toPrecision(2) : cell.toFixed(0)
  return `${ms} (${(cell / (base ?? cell)).toFixed(1)})`
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
