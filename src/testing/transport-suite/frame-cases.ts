import type { TransportTraits } from './bench.ts'
import { type Way, demandFrame, endsOf, frameOf, ways } from './frames.ts'
import type { Pair, Stand, StandCase } from './stand.ts'
import { textOf, values } from './values.ts'

/** The cases of what a live link carries. */
export function frameCases(traits: Required<TransportTraits>): readonly StandCase[] {
  return [...ways.flatMap((way) => casesOf(way, traits)), late]
}

function casesOf(way: Way, traits: Required<TransportTraits>): readonly StandCase[] {
  return [
    { name: `every value arrives as it was, ${way}`, run: (stand) => checkValues(stand, way) },
    {
      name: `the largest frame arrives whole, ${way}`,
      run: (stand) => checkLargest(stand, way, traits.maxFrameBytes),
    },
    {
      name: `five hundred frames arrive in order, ${way}`,
      run: (stand) => checkOrder(stand, way, traits),
    },
    { name: `frames are copies, ${way}`, run: (stand) => checkCopies(stand, way) },
  ]
}

const late: StandCase = { name: 'a client that reads late misses nothing', run: checkLate }

async function opened(stand: Stand): Promise<Pair> {
  const pair = await stand.connect()
  // The hello, which another case looks at.
  await pair.server.next()
  return pair
}

async function checkValues(stand: Stand, way: Way): Promise<void> {
  const { from, to } = endsOf(await opened(stand), way)
  for (const [index, [name, value]] of Object.entries(values).entries()) {
    const frame = frameOf(way, index, value)
    await from.send(frame)
    await demandFrame(to, frame, `A frame with ${name}`)
  }
}

/** What is around a value in a frame, and what a wire may put around a frame. */
const envelopeBytes = 1_000

async function checkLargest(stand: Stand, way: Way, maxBytes: number): Promise<void> {
  const { from, to } = endsOf(await opened(stand), way)
  const large = frameOf(way, 1, textOf(Math.min(maxBytes, 1_000_000) - envelopeBytes))
  await from.send(large)
  await demandFrame(to, large, 'The largest frame')
  const small = frameOf(way, 2, 'small')
  await from.send(small)
  await demandFrame(to, small, 'A frame behind the largest one')
}

async function checkOrder(
  stand: Stand,
  way: Way,
  { ordersCommands }: Required<TransportTraits>,
): Promise<void> {
  const { from, to } = endsOf(await opened(stand), way)
  // Small ones behind large ones, so that a wire which overtakes itself is seen.
  const frames = Array.from({ length: 500 }, (_, n) => frameOf(way, n, textOf(((n * 3) % 8) ** 5)))
  const sent: Promise<void>[] = []
  for (const frame of frames) {
    const sending = from.send(frame)
    if (way === 'up' && !ordersCommands) await sending
    else sent.push(sending)
  }
  const all = Promise.all(sent)
  // It is waited for below, and may fail before.
  all.catch(() => {})
  for (const frame of frames) await demandFrame(to, frame, 'A frame in its place')
  await all
}

async function checkCopies(stand: Stand, way: Way): Promise<void> {
  const { from, to } = endsOf(await opened(stand), way)
  const value = { list: [1] }
  const frame = frameOf(way, 1, value)
  await from.send(frame)
  value.list.push(2)
  const expected = frameOf(way, 1, { list: [1] })
  await demandFrame(to, expected, 'A frame whose sender goes on to use the value')
}

async function checkLate(stand: Stand): Promise<void> {
  const hello = stand.hello()
  const connection = await stand.dial(hello)
  const server = await stand.server(hello)
  const frames = Array.from({ length: 50 }, (_, n) => frameOf('down', n, textOf(10_000)))
  const sent = Promise.all(frames.map((frame) => server.send(frame)))
  sent.catch(() => {})
  const reader = stand.read(connection)
  for (const frame of frames) await demandFrame(reader, frame, 'A frame from before the reader')
  await sent
}
