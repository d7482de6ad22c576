import { demand, demandEqual } from '../suite-case.ts'
import type { TransportTraits } from './bench.ts'
import { type Way, demandFrame, endsOf, frameOf, ways } from './frames.ts'
import { demandClosed, demandOver } from './outcome.ts'
import type { Stand, StandCase } from './stand.ts'

/** The cases of links that one end closes. */
export function endingCases(traits: Required<TransportTraits>): readonly StandCase[] {
  return [
    ...ways.flatMap((way) => [
      {
        name: `both ends hear that the ${sideOf(way)} closed`,
        run: (stand: Stand) => checkClose(stand, way, traits),
      },
      {
        name: `nothing arrives after the ${sideOf(way)} closed`,
        run: (stand: Stand) => checkSilence(stand, way),
      },
    ]),
    { name: 'the last word of a server that closes arrives', run: checkLastWord },
    { name: 'a link may be closed again, from both ends', run: checkAgain },
    { name: 'a link that is over stays over for who asks again', run: checkStaysOver },
  ]
}

/** Who sends on this way. */
function sideOf(way: Way): string {
  return way === 'up' ? 'client' : 'server'
}

async function checkClose(
  stand: Stand,
  way: Way,
  { tellsCloseFromCut }: Required<TransportTraits>,
): Promise<void> {
  const { from, to } = endsOf(await stand.connect(), way)
  from.connection.close()
  demandOver(await from.over(), 'The end that closed')
  const heard = await to.over()
  demandOver(heard, 'The other end')
  if (way === 'down' && tellsCloseFromCut)
    demandEqual(heard, null, 'What the frames of the client throw where the server closed')
  await demandClosed(from.send(frameOf(way, 1, 'late')), '"send" on a link that was closed here')
  const back = way === 'up' ? 'down' : 'up'
  await demandClosed(to.send(frameOf(back, 1, 'late')), '"send" on a link that was closed there')
}

async function checkSilence(stand: Stand, way: Way): Promise<void> {
  const { from, to } = endsOf(await stand.connect(), way)
  // What the hello's reader has not taken yet is no concern here.
  from.connection.close()
  const back = way === 'up' ? 'down' : 'up'
  // The other end may not know yet, and then its wire takes it.
  await to.send(frameOf(back, 1, 'into the void')).catch(() => {})
  const late = (await from.rest()).filter((frame) =>
    JSON.stringify(frame).includes('into the void'),
  )
  demandEqual(late, [], 'What came to an end that had closed')
}

async function checkLastWord(stand: Stand): Promise<void> {
  const { client, server } = await stand.connect()
  const frames = [1, 2, 3].map((n) => frameOf('down', n, 'last words'))
  // A goodbye is not waited for: a reader that does not read must not keep the link.
  for (const frame of frames) server.connection.send(frame).catch(() => {})
  server.connection.close()
  for (const frame of frames) await demandFrame(client, frame, 'A frame from before the close')
  demandOver(await client.over(), 'The client’s end')
}

async function checkAgain(stand: Stand): Promise<void> {
  const { client, server } = await stand.connect()
  for (const { connection } of [client, server, client, server]) connection.close()
  demandOver(await client.over(), 'The client’s end')
  demandOver(await server.over(), 'The server’s end')
  for (const { connection } of [client, server]) connection.close()
}

async function checkStaysOver(stand: Stand): Promise<void> {
  const connection = await stand.dial(stand.hello())
  connection.close()
  const frames = connection.frames[Symbol.asyncIterator]()
  for (const _ of [1, 2, 3]) {
    const next = await stand.soon(
      frames.next().catch(() => ({ done: true })),
      'The frames of a link that was closed have to be over',
    )
    demand(next.done === true, 'A link that was closed gives a frame.')
  }
}
