import { describe, expect, onTestFinished, test } from 'vitest'
import { type Bench, add, bench, until } from './bench.ts'
import { hosts } from './hosts.ts'
import { answers, end, say } from './scripted.ts'
import { hello, post, reading } from './wire.ts'

const send = (text: string): Parameters<typeof post>[0] => ({
  type: 'send',
  turnId: `turn ${text}`,
  message: { id: `message ${text}`, parts: [{ type: 'text', text }] },
})

/** Opens the conversation "talk" for ann, whose link ends again at once. */
async function opened(it: Bench): Promise<void> {
  const stream = reading(await it.post(hello()))
  await until(() => stream.text().includes('conversation-opened'))
  await stream.stop()
  await until(() => it.server.health().links === 0 && it.server.health().conversations === 0)
}

const statusOf = async (response: Promise<Response>): Promise<number> => (await response).status

describe.each(hosts)('mounted in $name', (host) => {
  test('the stream opens at once, with headers that keep proxies from holding it back [P67]', async () => {
    const it = await bench(host, { model: answers() })
    const response = await it.post(hello())
    const stream = reading(response)
    onTestFinished(stream.stop)

    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('content-encoding')).toBeNull()
    // No time has passed and no event has happened yet.
    await until(() => stream.text().startsWith(': open\n\n'))
  })

  test('a quiet stream carries a comment every 15 seconds', async () => {
    const it = await bench(host, { model: answers() })
    const stream = reading(await it.post(hello()))
    onTestFinished(stream.stop)
    const pings = (): number => stream.text().split(': ping\n').length - 1
    await until(() => pings() === 1)

    for (let count = 2; count <= 5; count++) {
      await it.world.advance(14_999)
      expect(pings()).toBe(count - 1)
      await it.world.advance(1)
      await until(() => pings() === count)
    }
  })

  test('nobody gets in without being known', async () => {
    const it = await bench(host, { model: answers() })
    const headers = { authorization: '' }
    expect((await it.post(hello(), { headers })).status).toBe(401)
    expect((await it.post(post(send('Hi.')), { headers })).status).toBe(401)
    expect(it.server.health()).toMatchObject({ links: 0, conversations: 0 })
  })

  test('a page of another origin is refused, unless it is allowed, and then a browser may ask first', async () => {
    const it = await bench(host, { model: answers(), allowedOrigins: ['https://app.test'] })
    await opened(it)
    const from = (origin: string): { headers: Record<string, string> } => ({ headers: { origin } })
    const own = new URL(it.url).origin
    const foreign = ['https://evil.test', 'null', 'https://app.test.evil.test', 'http://app.test']
    for (const origin of [...foreign, 'https://app.test:444', `${own}0`, 'file://', '*', ''])
      expect([origin, await statusOf(it.post(post(send('Hi.')), from(origin)))]).toEqual([
        origin,
        403,
      ])
    expect(it.server.health().conversations).toBe(0)

    const preflight = {
      method: 'OPTIONS',
      body: null,
      headers: { origin: 'https://app.test', 'access-control-request-method': 'POST' },
    }
    const asked = await it.post('', preflight)
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-origin')).toBe('https://app.test')
    expect(asked.headers.get('access-control-allow-methods')).toBe('POST')
    expect(asked.headers.get('access-control-allow-headers')).toContain('content-type')
    const evil = { ...preflight, headers: { ...preflight.headers, origin: 'https://evil.test' } }
    expect((await it.post('', evil)).status).toBe(403)

    const allowed = await it.post(post(send('Hi.')), from('https://app.test'))
    expect(allowed.status).toBe(200)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.test')
    expect(allowed.headers.get('vary')).toBe('origin')
    expect((await it.post(post(send('Hi.')), from(own))).status).toBe(200)
  })

  test('a conversation of somebody else looks as if it were not there [P13]', async () => {
    const it = await bench(host, { model: answers([...say('Secret.'), end('stop')]) })
    await opened(it)
    expect(await statusOf(it.post(post(send('Hi.'))))).toBe(200)
    const bob = { headers: { authorization: 'bob' } }

    const refused = await it.post(post(send('Mine?')), bob)
    const unknown = await it.post(post(send('Mine?'), { conversationId: 'nowhere' }), bob)
    expect([refused.status, unknown.status]).toEqual([404, 404])
    expect(await refused.text()).toBe(await unknown.text())

    const stream = reading(await it.post(hello(), bob))
    await stream.done
    expect(stream.text().replaceAll(/^: .*\n+/gm, '')).toBe(
      'data: {"k":"bye","why":"not-found"}\n\n',
    )
    expect(it.server.health().links).toBe(0)
  })

  test('nobody speaks in the name of a server node [P12]', async () => {
    const it = await bench(host, { model: answers() })
    const clientId = 'node:1'
    expect((await it.post(post(send('Hi.'), { clientId }))).status).toBe(404)
    const stream = reading(await it.post(hello({ clientId })))
    await stream.done
    expect(stream.text()).toContain('"why":"not-found"')
  })

  test('anything but a POST of JSON is refused', async () => {
    const it = await bench(host, { model: answers() })
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])
      expect([method, await statusOf(it.post('', { method, body: null }))]).toEqual([method, 405])
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']
    for (const type of types) {
      const headers = { 'content-type': type }
      expect([type, await statusOf(it.post(hello(), { headers }))]).toEqual([type, 415])
    }
    expect(it.server.health()).toMatchObject({ links: 0, conversations: 0 })
    const headers = { 'content-type': 'Application/JSON; charset=UTF-8' }
    expect(await statusOf(it.post(post(send('Hi.')), { headers }))).toBe(404)
  })

  test('a hostile body is refused, changes nothing, and leaves the server at work', async () => {
    const it = await bench(host, { model: answers(), tools: [add] })
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
    const result = (output: string): string =>
      JSON.stringify(
        post({ type: 'result', callId: 'c', attempt: 1, argsHash: 'h', state: 'output-available' }),
      ).replace('"attempt"', `"output":${output},"attempt"`)
    const bodies = {
      'cut off': '{"k":"hello"',
      'not JSON': 'k=hello',
      empty: '',
      'no frame': '[]',
      'a scalar': '1',
      'an unknown kind': '{"k":"grant"}',
      'an unknown command': JSON.stringify(post({ type: 'constructor' } as never)),
      'a prototype': '{"k":"hello","__proto__":{"v":1}}',
      'a prototype in a value': result('{"__proto__":{"x":1}}'),
      'a deep array': deep,
      'a deep value': result(deep),
      'a deep object': result(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`),
      'many values': result(JSON.stringify(Array.from({ length: 50_001 }, () => 0))),
      'a long key': result(JSON.stringify({ ['k'.repeat(257)]: 1 })),
      'too many bytes': result(JSON.stringify('x'.repeat(1024 * 1024))),
    }
    for (const [name, body] of Object.entries(bodies)) {
      const status = await statusOf(it.post(body))
      expect([name, status === 400 || status === 413 || status]).toEqual([name, true])
    }
    expect(it.server.health()).toMatchObject({ links: 0, conversations: 0 })
    await opened(it)
    expect(await statusOf(it.post(post(send('Still there?'))))).toBe(200)
  })
})
