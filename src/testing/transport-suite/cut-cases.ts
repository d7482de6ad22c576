import { demandEqual } from '../suite-case.ts'
import type { TransportTraits } from './bench.ts'
import { demandFrame, frameOf } from './frames.ts'
import { demandClosed, demandOver } from './outcome.ts'
import type { Stand, StandCase } from './stand.ts'

/** The cases of links that break. */
export function cutCases(traits: Required<TransportTraits>): readonly StandCase[] {
  const cases: readonly StandCase[] = [
    { name: 'both ends hear that a link broke', run: (stand) => checkHeard(stand, traits) },
    { name: 'every link hears of a cut', run: checkAll },
    { name: 'a new link works after a cut', run: checkAfter },
    { name: 'a link that broke may be closed', run: checkClosing },
  ]
  return cases.map(({ name, run }) => ({
    name,
    run: async (stand) => {
      if (stand.bench.cut) await run(stand)
    },
  }))
}

async function checkHeard(
  stand: Stand,
  { tellsCloseFromCut }: Required<TransportTraits>,
): Promise<void> {
  const { client, server } = await stand.connect()
  await stand.bench.cut?.()
  const heard = await client.over()
  demandOver(heard, 'The client’s end of a link that broke')
  if (tellsCloseFromCut)
    demandEqual(heard, 'TRANSPORT_CLOSED', 'What the frames of the client throw after a cut')
  demandOver(await server.over(), 'The server’s end of a link that broke')
  await demandClosed(client.send(frameOf('up', 1, 'late')), '"send" of the client after a cut')
  await demandClosed(server.send(frameOf('down', 1, 'late')), '"send" of the server after a cut')
}

async function checkAll(stand: Stand): Promise<void> {
  const pairs = [await stand.connect(), await stand.connect(), await stand.connect()]
  await stand.bench.cut?.()
  for (const { client, server } of pairs) {
    demandOver(await client.over(), 'A client’s end')
    demandOver(await server.over(), 'A server’s end')
  }
}

async function checkAfter(stand: Stand): Promise<void> {
  for (const n of [1, 2, 3]) {
    const { client, server } = await stand.connect()
    await server.send(frameOf('down', n, 'after'))
    await demandFrame(client, frameOf('down', n, 'after'), 'A frame on a new link')
    await stand.bench.cut?.()
    demandOver(await client.over(), 'The client’s end')
  }
}

async function checkClosing(stand: Stand): Promise<void> {
  const { client, server } = await stand.connect()
  await stand.bench.cut?.()
  client.connection.close()
  server.connection.close()
  demandOver(await client.over(), 'The client’s end')
  demandOver(await server.over(), 'The server’s end')
}
