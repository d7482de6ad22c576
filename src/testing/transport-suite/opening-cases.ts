import { demand, demandEqual } from '../suite-case.ts'
import { demandFrame, demandSame, frameOf } from './frames.ts'
import { codeOf, demandClosed, demandOver } from './outcome.ts'
import type { Stand, StandCase } from './stand.ts'

/** The cases of how links begin. */
export const openingCases: readonly StandCase[] = [
  { name: 'it has a name, and beats that a server takes', run: checkName },
  { name: 'the hello comes first, and whole', run: checkHello },
  { name: 'what the server sends at once arrives', run: checkAtOnce },
  { name: 'a connect that is aborted before it begins is closed', run: checkAbortedBefore },
  { name: 'a connect that is aborted under way leaves no link', run: checkAbortedUnderWay },
  { name: 'an abort closes a link that is open', run: checkAbortedOpen },
  { name: 'a listener that stopped takes in nobody', run: checkStopped },
  { name: 'a listener that stopped leaves the links that it took in', run: checkStoppedLinks },
  { name: 'who is refused is told so', run: checkRefused },
]

async function checkName({ bench }: Stand): Promise<void> {
  const { name, beatMs = 1_000 } = bench.transport
  demand(name.length > 0, 'A transport has a name.')
  demand(
    beatMs >= 1_000 && Number.isSafeInteger(beatMs),
    'A server takes beats of 1,000 ms and more.',
  )
}

async function checkHello(stand: Stand): Promise<void> {
  const { hello, server, client } = await stand.connect()
  demandSame(server.first, hello, 'The hello')
  await server.next()
  await client.send(frameOf('up', 1, 'behind'))
  await demandFrame(server, frameOf('up', 1, 'behind'), 'The frame behind the hello')
}

async function checkAtOnce(stand: Stand): Promise<void> {
  stand.stopListening()
  const frames = [1, 2, 3].map((n) => frameOf('down', n, 'at once'))
  stand.stopListening = stand.listen((connection) => {
    // Where it cannot, none arrives.
    for (const frame of frames) connection.send(frame).catch(() => {})
  })
  const { client } = await stand.connect()
  for (const frame of frames) await demandFrame(client, frame, 'A frame that is sent at once')
}

async function checkAbortedBefore(stand: Stand): Promise<void> {
  const opening = stand.open(stand.hello(), AbortSignal.abort())
  await demandClosed(opening, '"connect" with a signal that is aborted')
}

async function checkAbortedUnderWay(stand: Stand): Promise<void> {
  const gone = new AbortController()
  const opening = stand.open(stand.hello(), gone.signal)
  gone.abort()
  const outcome = await opening.then((client) => client.over(), codeOf)
  demandOver(outcome, 'An abort under way')
  // By now the server has heard of the first one, too, if ever.
  await stand.connect()
  const [first] = stand.taken
  // A link without a hello is the server's to close, after a while.
  if (first?.first !== undefined && stand.taken.length > 1)
    demandOver(await first.over(), 'The server’s end')
}

async function checkAbortedOpen(stand: Stand): Promise<void> {
  const gone = new AbortController()
  const { client, server } = await stand.connect(gone.signal)
  gone.abort()
  demandOver(await client.over(), 'The end of the client that aborts')
  demandOver(await server.over(), 'The end of the server')
  await demandClosed(client.send(frameOf('up', 1, 'late')), '"send" behind an abort')
}

async function checkStopped(stand: Stand): Promise<void> {
  stand.stopListening()
  let heard = 0
  stand.listen(() => heard++)()
  const gone = new AbortController()
  const unheard = stand.open(stand.hello(), gone.signal).catch(() => null)
  stand.stopListening = stand.listen()
  // Once a later one is taken in, the first had its time.
  await stand.connect()
  gone.abort()
  await unheard
  demandEqual(heard, 0, 'The number of links that a listener took in after it stopped')
}

async function checkStoppedLinks(stand: Stand): Promise<void> {
  const { client, server } = await stand.connect()
  stand.stopListening()
  await server.send(frameOf('down', 1, 'still here'))
  await demandFrame(client, frameOf('down', 1, 'still here'), 'A frame on a link from before')
}

async function checkRefused(stand: Stand): Promise<void> {
  if (!stand.bench.refuse) return
  await stand.bench.refuse()
  const outcome = await stand.open(stand.hello()).then((client) => client.over(), codeOf)
  demandEqual(
    outcome,
    'UNAUTHORIZED',
    'What "connect" or the frames throw where the server refuses',
  )
}
