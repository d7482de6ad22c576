import { demandEqual } from '../suite-case.ts'
import type { End } from './end.ts'
import { demandFrame, endsOf, frameOf, ways } from './frames.ts'
import { demandOver } from './outcome.ts'
import type { Pair, Stand, StandCase } from './stand.ts'

/** The cases of several links over one wire. */
export const sharingCases: readonly StandCase[] = [
  { name: 'links at the same time do not mix', run: checkMixing },
  { name: 'the end of one link leaves the others', run: checkOthers },
  { name: 'links one after another all work', run: checkOneAfterAnother },
]

async function checkMixing(stand: Stand): Promise<void> {
  const pairs = await Promise.all(Array.from({ length: 5 }, () => stand.connect()))
  for (const { server } of pairs) await server.next()
  for (const n of [1, 2, 3]) await Promise.all(pairs.map((pair) => exchange(pair, n)))
  // Whatever was not meant for a link would lie in it now.
  for (const { client } of pairs) client.connection.close()
  const rests = pairs.flatMap(({ client, server }) => [client, server]).map((end) => end.rest())
  demandEqual((await Promise.all(rests)).flat(), [], 'What links got beyond what was sent on them')
}

async function checkOthers(stand: Stand): Promise<void> {
  const [first, second, third] = [
    await stand.connect(),
    await stand.connect(),
    await stand.connect(),
  ]
  first.client.connection.close()
  second.server.connection.close()
  for (const end of [first.server, second.client] satisfies End[])
    demandOver(await end.over(), 'The end of a link that was closed')
  await third.server.next()
  await exchange(third, 1)
}

async function checkOneAfterAnother(stand: Stand): Promise<void> {
  for (const n of [1, 2, 3, 4]) {
    const pair = await stand.connect()
    await pair.server.next()
    await exchange(pair, n)
    const { from } = endsOf(pair, n % 2 ? 'up' : 'down')
    from.connection.close()
    demandOver(await pair.client.over(), 'The client’s end')
    demandOver(await pair.server.over(), 'The server’s end')
  }
}

/** One frame each way, which names its link. */
async function exchange(pair: Pair, n: number): Promise<void> {
  for (const way of ways) {
    const { from, to } = endsOf(pair, way)
    const frame = frameOf(way, n, `for ${pair.hello.clientId}`)
    await from.send(frame)
    await demandFrame(to, frame, 'A frame beside those of other links')
  }
}
