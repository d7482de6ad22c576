import { type SuiteCase, demand, demandEqual } from '../suite-case.ts'
import { essence, gather } from './answer.ts'
import { Bench } from './bench.ts'
import { user } from './neutral-history.ts'
import type { Served } from './served.ts'
import { bytesOf, splitBytes } from './wire.ts'

/** The cases of requests, as far as they do not depend on what is answered. */
export function requestCases(served: Served): SuiteCase[] {
  return [
    { name: 'a model names itself and its format', run: async () => checkNames(served) },
    {
      name: 'a request is not changed, and its own fields go as they are',
      run: () => checkFields(served),
    },
    { name: 'two answers at once do not mix', run: () => checkTwoAtOnce(served) },
    {
      name: 'a request that is aborted before it is sent throws',
      run: () => checkAbortedBefore(served),
    },
    {
      name: 'a request that is aborted while it waits throws',
      run: () => checkAbortedWaiting(served),
    },
    {
      name: 'an answer that is aborted throws, and is not read on',
      run: () => checkAbortedWithin(served),
    },
    {
      name: 'an answer comes while it is written, and is given up where nobody reads on',
      run: () => checkLeft(served),
    },
  ]
}

/** All but the end of the text, so that the answer is under way. */
function half({ create, contentType, streams }: Served): Bench {
  const bytes = bytesOf(streams.text.bytes)
  const pieces = [bytes.slice(0, Math.floor(bytes.length * 0.7))]
  return Bench.serving(create, pieces, { contentType, end: 'hang' })
}

function checkNames({ create }: Served): void {
  const { model } = new Bench(create, () => new Response(''))
  demand(model.id !== '', 'The "id" of the model is empty.')
  demand(model.format !== '', 'The "format" of the model is empty.')
  const again = new Bench(create, () => new Response('')).model
  demandEqual([again.id, again.format], [model.id, model.format], 'The names of a second instance')
}

async function checkFields({ create, contentType, streams }: Served): Promise<void> {
  const bytes = bytesOf(streams.text.bytes)
  const bench = Bench.serving(create, [bytes], { contentType })
  const own = { suite: ['as it is', { deep: true }] }
  const messages = [user('What was said')]
  await bench.ask({ system: 'How to behave', messages, providerOptions: own })
  const [request] = bench.wire.requests
  demandEqual(bench.wire.requests.length, 1, 'The number of requests')
  for (const said of ['How to behave', 'What was said'])
    demand(request?.text.includes(said) === true, `The request holds nothing of "${said}".`)
  const { suite } = (request?.body ?? {}) as { readonly suite?: unknown }
  demandEqual(suite, own.suite, 'The field of "providerOptions"')
}

async function checkTwoAtOnce({ create, contentType, streams }: Served): Promise<void> {
  const recordings = [streams.call, streams.text]
  const alone = await Promise.all(
    recordings.map(({ bytes }) => Bench.serving(create, [bytesOf(bytes)], { contentType }).ask()),
  )
  let next = 0
  const bench = new Bench(create, (wire) => {
    const { bytes } = recordings[next++] ?? streams.text
    // Of one length, so that the answers come by turns.
    return wire.stream(
      splitBytes(bytesOf(bytes), () => 0.2),
      { contentType },
    )
  })
  const together = await Promise.all(recordings.map(() => bench.ask()))
  together.forEach((answer, index) => {
    const other = alone[index]
    demandEqual(essence(answer), other && essence(other), 'One of two answers at once')
  })
}

async function checkAbortedBefore(served: Served): Promise<void> {
  const bench = half(served)
  const signal = AbortSignal.abort()
  await bench.demandAborted(gather(bench.model.stream({ messages: [user('Go')], signal })))
}

async function checkAbortedWaiting({ create }: Served): Promise<void> {
  const controller = new AbortController()
  const { signal } = controller
  // A server that never answers, behind a `fetch` that does not look at its signal.
  const bench = new Bench(create, () => {
    controller.abort()
    return new Promise(() => {})
  })
  await bench.demandAborted(gather(bench.model.stream({ messages: [user('Go')], signal })))
  demand(bench.wire.requests[0]?.signal?.aborted === true, 'The request is not told of the abort.')
}

async function checkAbortedWithin(served: Served): Promise<void> {
  const bench = half(served)
  const controller = new AbortController()
  const { signal } = controller
  const read = async (): Promise<void> => {
    const stream = bench.model.stream({ messages: [user('Go')], signal })
    for await (const _ of stream) controller.abort()
  }
  await bench.demandAborted(read())
  const { cancelled, requests } = bench.wire
  demand(cancelled || requests[0]?.signal?.aborted === true, 'The answer is read on.')
}

async function checkLeft(served: Served): Promise<void> {
  const bench = half(served)
  const readOne = async (): Promise<void> => {
    for await (const _ of bench.model.stream({ messages: [user('Go')] })) return
  }
  await bench.soon(readOne())
  demand(bench.wire.cancelled, 'The body of the answer is not cancelled.')
}
