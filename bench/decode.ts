// One answer from bytes to calls: how many megabytes a second, beside the vendor's own helper and the AI SDK's
// provider, over the same bytes in the same pieces?
import { isDeepStrictEqual } from 'node:util'
import { type Contender, contenders } from './decode/contenders.ts'
import { type Format, type Stream, formats, longStream, recordedStreams } from './decode/streams.ts'

/** As much as a network gives at a time. */
const PIECE_BYTES = 1_024
/** In each round every contender has one turn, in another order each time. */
const ROUNDS = 15
/** A set of streams is decoded so often in one turn that ours lasts this long. */
const TURN_MS = 60
const WARM_UP_MS = 600

const [, , , only] = process.argv

for (const format of formats)
  if (!only || only === format) {
    print(`\n${format}`)
    await measure(format, 'recorded', recordedStreams(format))
    await measure(format, 'long', [longStream(format)])
  }
print(`
Megabytes of stream a second, the median of ${ROUNDS} rounds, and in brackets how often as long as ours it took
in the same round. Each gets the bytes in pieces of ${PIECE_BYTES} from a fetch of our own, and does all of its
work: the request, the events, the calls. What some helper throws on is left out for all.`)

async function measure(format: Format, name: string, streams: readonly Stream[]): Promise<void> {
  if (streams.length === 0) return print(`  ${name}: none here`)
  const field = Object.entries(contenders[format])
  const { sound, notes } = await examine(field, streams)
  const bytes = sound.reduce((sum, stream) => sum + stream.bytes.length, 0)
  const repeats = await warmUp(field, sound)
  const turns = new Map(field.map(([who]) => [who, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    const order = field.map((_, at) => field[(at + round) % field.length])
    for (const [who, contender] of round % 2 > 0 ? order.toReversed() : order)
      turns.get(who)?.push(await turn(contender, sound, repeats))
  }
  print(`  ${name}: ${sound.length} answers, ${(bytes / 1_000).toFixed(0)} kB${notes}`)
  const base = turns.get('toolwire') ?? []
  for (const [who, times] of turns) {
    const speed = (repeats * bytes) / 1_000 / median(times)
    const factor = median(times.map((ms, round) => ms / (base[round] ?? Number.NaN)))
    print(`    ${who.padEnd(26)} ${speed.toFixed(1).padStart(7)} MB/s  (${factor.toFixed(2)})`)
  }
}

/** Which streams all can decode, and what became of the others. */
async function examine(
  field: readonly (readonly [string, Contender])[],
  streams: readonly Stream[],
): Promise<{ readonly sound: readonly Stream[]; readonly notes: string }> {
  const sound: Stream[] = []
  const thrown = new Map<string, number>()
  const others = new Map<string, number>()
  const count = (counts: Map<string, number>, who: string): unknown =>
    counts.set(who, (counts.get(who) ?? 0) + 1)
  for (const stream of streams) {
    const results = new Map<string, unknown>()
    for (const [who, contender] of field)
      try {
        results.set(who, await contender(fetchOf(stream)))
      } catch {
        count(thrown, who)
      }
    if (results.size < field.length) continue
    sound.push(stream)
    for (const [who, calls] of results)
      if (!isDeepStrictEqual(calls, results.get('toolwire'))) count(others, who)
  }
  const tell = (what: string, counts: Map<string, number>): string =>
    [...counts].map(([who, times]) => `; ${who} ${what} ${times}`).join('')
  return { sound, notes: tell('throws on', thrown) + tell('finds other calls in', others) }
}

/** Returns how often to decode all in one turn. */
async function warmUp(
  field: readonly (readonly [string, Contender])[],
  streams: readonly Stream[],
): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (const [who, contender] of field)
    for (const end = performance.now() + WARM_UP_MS; performance.now() < end;) {
      const ms = await turn(contender, streams, 1)
      if (who === 'toolwire') best = Math.min(best, ms)
    }
  return Math.max(1, Math.round(TURN_MS / best))
}

async function turn(
  contender: Contender,
  streams: readonly Stream[],
  repeats: number,
): Promise<number> {
  const started = performance.now()
  for (let times = 0; times < repeats; times++)
    for (const stream of streams) await contender(fetchOf(stream))
  return performance.now() - started
}

function fetchOf({ bytes, contentType }: Stream): typeof globalThis.fetch {
  return async () => {
    let at = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= bytes.length) return controller.close()
        controller.enqueue(bytes.slice(at, (at += PIECE_BYTES)))
      },
    })
    return new Response(body, { headers: { 'content-type': contentType } })
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
