import { type SuiteCase, demandEqual } from '../suite-case.ts'
import { Bench, demandSaid } from './bench.ts'
import type { Served } from './served.ts'

/** The cases of servers that fail: each ends in an `error` event, and none in an exception. */
export function failureCases(served: Served): SuiteCase[] {
  return [
    { name: 'a refusal is an error with the words of the server', run: () => checkRefusal(served) },
    { name: 'a server that is down is an error', run: () => checkDown(served) },
    { name: 'a server that is not reached is an error', run: () => checkUnreached(served) },
    ...Object.entries(strange).map(([what, body]) => ({
      name: `${what} is an error`,
      run: () => checkStrange(served, body),
    })),
  ]
}

/** What is sent with HTTP 200 by proxies and servers that went wrong. */
const strange: Readonly<Record<string, string>> = {
  'an empty answer': '',
  'a page of a proxy': '<html><body>502 Bad Gateway</body></html>',
  'JSON of nothing': 'null',
  'half an object': '{"choices": [{',
  'an event that is no JSON': 'data: {"broken\n\n',
}

async function checkRefusal({ create, refusal }: Served): Promise<void> {
  const { status, body, error } = refusal
  const bench = new Bench(create, () => new Response(body, { status }))
  const answer = await bench.askPatiently()
  demandEqual(answer.finish?.reason, 'error', 'The reason')
  demandEqual(answer.calls.length, 0, 'The number of calls')
  demandSaid(answer.error, error)
  demandEqual(bench.wire.requests.length, 1, `The number of requests for the status ${status}`)
}

async function checkDown({ create, refusal }: Served): Promise<void> {
  const bench = new Bench(create, () => new Response(refusal.body, { status: 503 }))
  const { finish } = await bench.askPatiently()
  demandEqual(finish?.reason, 'error', 'The reason')
}

async function checkUnreached({ create }: Served): Promise<void> {
  const bench = new Bench(create, () => Promise.reject(new TypeError('fetch failed')))
  const { finish } = await bench.askPatiently()
  demandEqual(finish?.reason, 'error', 'The reason')
}

async function checkStrange({ create, contentType }: Served, body: string): Promise<void> {
  const headers = { 'content-type': contentType }
  const bench = new Bench(create, () => new Response(body, { headers }))
  const { finish } = await bench.askPatiently()
  demandEqual(finish?.reason, 'error', 'The reason')
}
