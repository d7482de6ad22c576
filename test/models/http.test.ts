import { expect, test } from 'vitest'
import { type OpenAIChatOptions, openaiChat } from '../../src/models/openai-chat.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { type Answer, ask, chunk, sse } from './answer.ts'

const good = sse(chunk({ content: 'ok' }, 'stop'))

/** A server that answers each request with the next of `answers`, and the times at which they came. */
function server(answers: readonly (() => Response | Promise<Response>)[], start = 0) {
  const clock = virtualClock({ start })
  const times: number[] = []
  const fetch = async (): Promise<Response> => {
    times.push(clock.now() - start)
    const answer = answers[Math.min(times.length, answers.length) - 1]
    return answer!()
  }
  const ready = (options: Partial<OpenAIChatOptions> = {}) =>
    openaiChat({ model: 'm', fetch, world: clock, ...options })
  return { clock, times, ready }
}

const status =
  (code: number, body = '', headers: Record<string, string> = {}) =>
  () =>
    new Response(body, { status: code, headers })
const ok = () => new Response(good)
const unreachable = () => Promise.reject(new TypeError('fetch failed'))

async function within<T>(
  clock: ReturnType<typeof virtualClock>,
  ms: number,
  work: Promise<T>,
): Promise<T> {
  const done = work.finally(() => {})
  await clock.advance(ms)
  return done
}

test.each([
  ['408', status(408)],
  ['409', status(409)],
  ['429', status(429)],
  ['500', status(500)],
  ['503', status(503)],
  ['529', status(529)],
  ['no connection', unreachable],
])('a request that fails with %s is sent again after a pause', async (_, failure) => {
  const { clock, times, ready } = server([failure, failure, ok])
  const answer = await within(clock, 60_000, ask(ready()))
  expect([answer.text, answer.error]).toEqual(['ok', undefined])
  const [first = 0, second = 0, third = 0] = times
  expect([first, times.length]).toEqual([0, 3])
  expect(second).toBeGreaterThanOrEqual(375)
  expect(second).toBeLessThanOrEqual(500)
  expect(third - second).toBeGreaterThanOrEqual(750)
  expect(third - second).toBeLessThanOrEqual(1000)
  expect(clock.pendingTimers).toBe(0)
})

test.each([400, 401, 403, 404, 413, 422])('a status %i is final', async (code) => {
  const { times, ready } = server([status(code, '{"error":{"message":"Why","code":"c"}}'), ok])
  const answer = await ask(ready())
  expect(times.length).toBe(1)
  expect(answer.error).toMatchObject({
    code: 'MODEL_REQUEST',
    status: code,
    retryable: false,
    providerCode: 'c',
    message: `The model server answered ${code}: Why (c)`,
    hint: expect.stringMatching(/./),
  })
  expect(answer.finish).toMatchObject({ reason: 'error', rawReason: null, usage: {} })
})

test('the last failure is reported when the attempts are used up', async () => {
  const { clock, times, ready } = server([status(503, 'down for repairs')])
  const answer = await within(clock, 60_000, ask(ready()))
  expect(times.length).toBe(3)
  expect(answer.error).toMatchObject({
    status: 503,
    retryable: true,
    message: 'The model server answered 503: down for repairs',
  })
  const once = server([unreachable])
  const single = await ask(once.ready({ retry: { attempts: 1 } }))
  expect(once.times.length).toBe(1)
  expect(single.error).toMatchObject({ code: 'MODEL_NETWORK', retryable: true })
  expect(single.error?.message).toContain('api.openai.com')
})

const start = Date.UTC(2026, 4, 1)
test.each([
  [{ 'retry-after': '7' }, 7000],
  [{ 'retry-after': new Date(start + 9000).toUTCString() }, 9000],
  [{ 'retry-after': new Date(start - 9000).toUTCString() }, 0],
  [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
])('%j is waited for', async (headers, ms) => {
  const { clock, times, ready } = server([status(429, '', headers), ok], start)
  await within(clock, 60_000, ask(ready()))
  expect(times).toEqual([0, ms])
})

test('a server that asks for more than a minute is believed, and not waited for', async () => {
  const { times, ready } = server([status(429, '{}', { 'retry-after': '3600' }), ok])
  const answer = await ask(ready())
  expect(times.length).toBe(1)
  expect(answer.error).toMatchObject({ status: 429, retryable: true, retryAfterMs: 3_600_000 })
})

test('the pause between attempts follows the options', async () => {
  const { clock, times, ready } = server([status(500)])
  const retry = { attempts: 5, minDelayMs: 100, maxDelayMs: 300 }
  await within(clock, 60_000, ask(ready({ retry })))
  const pauses = times.slice(1).map((time, at) => time - (times[at] ?? 0))
  const ceilings = [100, 200, 300, 300]
  expect(pauses.length).toBe(4)
  pauses.forEach((pause, at) => {
    expect(pause).toBeLessThanOrEqual(ceilings[at]!)
    expect(pause).toBeGreaterThanOrEqual(ceilings[at]! * 0.75)
  })
})

test.each([
  [
    '{"error":{"message":"No such model","type":"x","param":null,"code":"model_not_found"}}',
    'No such model (model_not_found)',
  ],
  [
    '{"type":"error","error":{"type":"invalid_request_error","message":"Bad"},"request_id":"r"}',
    'Bad (invalid_request_error)',
  ],
  [
    '[{"error":{"code":400,"message":"Unknown name","status":"INVALID_ARGUMENT"}}]',
    'Unknown name (400)',
  ],
  ['{"error":"tools param requires --jinja flag"}', 'tools param requires --jinja flag'],
  ['{"object":"error","message":"Too long","code":400}', 'Too long (400)'],
  ['{"detail":"Not allowed"}', 'Not allowed'],
  ['<html>Bad gateway</html>', '<html>Bad gateway</html>'],
  ['', ''],
])('an error body %s is read whatever its type says', async (body, said) => {
  const failure = status(400, body, { 'content-type': 'application/octet-stream' })
  const answer = await ask(server([failure]).ready())
  expect(answer.error?.message).toBe(`The model server answered 400: ${said}`)
})

test('an endless error page is read to its beginning only', async () => {
  let pulled = 0
  let cancelled = false
  const page = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled++
      controller.enqueue(new Uint8Array(10_000).fill(120))
    },
    cancel: () => {
      cancelled = true
    },
  })
  const answer = await ask(server([() => new Response(page, { status: 400 })]).ready())
  expect(answer.error?.message.length).toBeLessThan(300)
  expect(pulled).toBeLessThan(20)
  expect(cancelled).toBe(true)
})

test('nothing is sent again once an answer began', async () => {
  const broken = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(sse(chunk({ content: 'half' }))))
        },
        pull: (controller) => controller.error(new TypeError('terminated')),
      }),
    )
  const { times, ready } = server([broken, ok])
  const answer = await ask(ready())
  expect(times.length).toBe(1)
  expect(answer.text).toBe('half')
  expect(answer.error).toMatchObject({ code: 'MODEL_NETWORK', retryable: true })
})

test('a connection that breaks after the model was done breaks nothing', async () => {
  const late = () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode(good)),
        pull: (controller) => controller.error(new TypeError('terminated')),
      }),
    )
  const answer = await ask(server([late]).ready())
  expect([answer.text, answer.error, answer.finish.reason]).toEqual(['ok', undefined, 'stop'])
})

interface OpenBody {
  readonly response: () => Response
  readonly cancelled: () => unknown
  send(text: string): void
}

/** A body that stays open. */
function openBody(first: string): OpenBody {
  let cancelled: unknown = 'no'
  let sink: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      sink = controller
      controller.enqueue(new TextEncoder().encode(first))
    },
    cancel: (reason) => {
      cancelled = reason
    },
  })
  return {
    response: () => new Response(body),
    cancelled: () => cancelled,
    send: (text) => sink?.enqueue(new TextEncoder().encode(text)),
  }
}

test.each(['before', 'while the server thinks', 'while waiting to send again', 'while streaming'])(
  'an abort %s ends the stream at once with ABORTED',
  async (when) => {
    const controller = new AbortController()
    const open = openBody(sse(chunk({ content: 'half' })))
    const answers: Record<string, () => Response | Promise<Response>> = {
      before: ok,
      // A fetch that does not look at its signal.
      'while the server thinks': () => new Promise<Response>(() => {}),
      'while waiting to send again': status(500),
      'while streaming': open.response,
    }
    const { clock, times, ready } = server([answers[when]!])
    if (when === 'before') controller.abort('enough')
    const asked: Promise<Answer> = ask(ready(), { signal: controller.signal })
    const outcome = asked.catch((error: unknown) => error)
    await clock.settle()
    controller.abort('enough')
    expect(await outcome).toMatchObject({ code: 'ABORTED', cause: 'enough' })
    expect(times.length).toBe(when === 'before' ? 0 : 1)
    expect(clock.pendingTimers).toBe(0)
    if (when === 'while streaming') expect(open.cancelled()).not.toBe('no')
  },
)

test('an abort stops the stream before what came in the same piece', async () => {
  const controller = new AbortController()
  const words = ['one', 'two', 'three'].map((content) => sse(chunk({ content }))).join('')
  const { ready } = server([() => new Response(words + good)])
  const heard: string[] = []
  const listen = async (): Promise<void> => {
    for await (const event of ready().stream({ messages: [], signal: controller.signal })) {
      if (event.type === 'text-delta') heard.push(event.text)
      controller.abort()
    }
  }
  await expect(listen()).rejects.toMatchObject({ code: 'ABORTED' })
  expect(heard).toEqual(['one'])
})

test('leaving the loop cancels the answer', async () => {
  const open = openBody(sse(chunk({ content: 'half' })))
  const { ready } = server([open.response])
  for await (const event of ready().stream({ messages: [] })) if (event.type === 'text-delta') break
  expect(open.cancelled()).not.toBe('no')
})

test('several who wait are told one after the other, and then that there is no more', async () => {
  const words = ['one', 'two'].map((content) => sse(chunk({ content }))).join('')
  const { ready } = server([() => new Response(words + good)])
  const stream = ready().stream({ messages: [] })[Symbol.asyncIterator]()
  const told = await Promise.all(Array.from({ length: 6 }, () => stream.next()))
  expect(told.map(({ value }) => value?.text ?? value?.type)).toEqual([
    'one',
    'two',
    'ok',
    'finish',
    undefined,
    undefined,
  ])
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})

test('after an abort and after leaving, a stream is over', async () => {
  const { ready } = server([ok])
  const controller = new AbortController()
  const { signal } = controller
  const aborted = ready().stream({ messages: [], signal })[Symbol.asyncIterator]()
  await aborted.next()
  controller.abort()
  await expect(aborted.next()).rejects.toMatchObject({ code: 'ABORTED' })
  expect(await aborted.next()).toEqual({ done: true, value: undefined })
  const left = ready().stream({ messages: [] })[Symbol.asyncIterator]()
  await left.next()
  await left.return?.()
  expect(await left.next()).toEqual({ done: true, value: undefined })
})

test('an abort that comes when all was told changes nothing', async () => {
  const { ready } = server([ok])
  const controller = new AbortController()
  const { signal } = controller
  const types: string[] = []
  for await (const { type } of ready().stream({ messages: [], signal })) {
    types.push(type)
    if (type === 'finish') controller.abort()
  }
  expect(types).toEqual(['text-delta', 'finish'])
})

test('after [DONE] the turn is over at once, and the connection is left for the next request', async () => {
  const { clock, ready } = server([ok])
  let done = false
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (done) return controller.close()
      done = true
      controller.enqueue(new TextEncoder().encode(`${good}data: [DONE]\n\n`))
    },
    cancel: () => {
      throw new Error('a cancelled body closes its connection')
    },
  })
  const model = ready({ fetch: async () => new Response(body) })
  expect((await ask(model)).text).toBe('ok')
  await clock.settle()
  expect(clock.pendingTimers).toBe(0)
})

test('a server that says [DONE] and holds on is let go after a second', async () => {
  const open = openBody(`${good}data: [DONE]\n\n`)
  const { clock, ready } = server([open.response])
  expect((await ask(ready())).text).toBe('ok')
  await clock.advance(900)
  expect(open.cancelled()).toBe('no')
  await clock.advance(200)
  expect(open.cancelled()).not.toBe('no')
  expect(clock.pendingTimers).toBe(0)
})

test('one event may not fill the memory', async () => {
  const piece = new Uint8Array(1 << 20).fill(120)
  let sent = 0
  const endless = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: ')),
    pull: (controller) => {
      sent++
      controller.enqueue(piece)
    },
  })
  const answer = await ask(server([() => new Response(endless)]).ready())
  expect(answer.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
  expect(sent).toBeLessThan(30)
})
