import { describe, expect, test } from 'vitest'
import type { Store } from '../../src/ports/index.ts'
import { type ToolServerOptions, createToolServer } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { type VirtualClock, scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { desk } from '../guards/desk.ts'
import { badDay } from './bad-day.ts'

describe('health()', () => {
  test('says of each tool how often it was called, how often it failed, and why at last', async () => {
    const { tools } = await badDay({ server: { observe: () => {} } })
    expect(tools).toEqual({
      flaky: {
        calls: 3,
        failures: 3,
        lastError: { code: 'circuit-open', at: expect.any(Number) },
        circuit: 'open',
      },
      limited: {
        calls: 2,
        failures: 1,
        lastError: { code: 'rate-limited', at: expect.any(Number) },
        circuit: 'closed',
      },
      slow: { calls: 1, failures: 0, circuit: 'closed' },
      paint: { calls: 1, failures: 0, circuit: 'closed' },
    })
  })

  test('says of each model when it answered and when it failed at last', async () => {
    const { models } = await badDay({ server: { observe: () => {} } })
    expect(models).toEqual({
      'scripted:falling': {
        requests: 5,
        failures: 5,
        lastFailure: { code: 'MODEL_PROVIDER', at: expect.any(Number) },
      },
      scripted: { requests: 5, failures: 0, lastSuccessAt: expect.any(Number) },
    })
  })

  test('is kept without any observer', async () => {
    const it = desk({ side: 'client' })
    await it.call()
    expect(it.server.health().tools).toMatchObject({ work: { calls: 1, failures: 0 } })
    await it.end()
  })

  test('counts no call that a person refused, or that the model made wrong, against the tool', async () => {
    const it = desk({ side: 'server', tool: { permission: 'pay' } })
    await it.call()
    expect(it.server.health().tools).toEqual({
      work: { calls: 1, failures: 0, circuit: 'closed' },
    })
    await it.end()
  })

  test('counts no request against the model that was given up with its turn', async () => {
    const world = virtualClock()
    const model = scriptedModel(() => new Promise(() => {}))
    const it = desk({ side: 'server', world, server: { model } })
    const sent = it.client.send('Go.')
    await world.advance(100)
    await sent
    const stopped = it.client.stop()
    await world.advance(100)
    await stopped
    expect(it.server.health().models).toEqual({})
    await it.end()
  })

  test('says how the store answered last', async () => {
    const { store, rig } = weakStore()
    const it = desk({ side: 'server', server: { store } })
    await it.call()
    expect(it.server.health()).toMatchObject({ ok: true, store: { ok: true } })
    rig.isDown = true
    const sent = it.client.send('Go.')
    sent.catch(() => {})
    await it.world.advance(500)
    expect(it.server.health()).toMatchObject({
      ok: false,
      store: { ok: false, lastError: { code: 'STORE_FAILED' }, lastSuccessAt: expect.any(Number) },
    })
    rig.isDown = false
    expect(await it.server.checkHealth()).toMatchObject({ ok: true, store: { ok: true } })
    await it.end()
  })
})

describe('the endpoint', () => {
  const get = (headers: Record<string, string> = {}): Request =>
    new Request('http://127.0.0.1/tools', { headers })

  const serve = (
    options: Partial<ToolServerOptions> = {},
  ): { world: VirtualClock; server: ReturnType<typeof createToolServer> } => {
    const world = virtualClock()
    const model = scriptedModel([])
    const authenticate = (): never => {
      throw new Error('A probe has no cookie.')
    }
    return {
      world,
      server: createToolServer({ world, model, tools: [], authenticate, ...options }),
    }
  }

  test('is not there where the host did not ask for it', async () => {
    const { server } = serve()
    expect((await server.fetch(get())).status).toBe(405)
    await server.close()
  })

  test('answers whom the host allows, and nobody else', async () => {
    const { server } = serve({
      healthAccess: async ({ headers }) => headers.get('authorization') === 'Bearer probe',
    })
    const refused = await server.fetch(get())
    expect(refused.status).toBe(401)
    expect(await refused.text()).not.toContain('links')
    const answer = await server.fetch(get({ authorization: 'Bearer probe' }))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual({
      ok: true,
      links: 0,
      conversations: 0,
      circuits: {},
      tools: {},
      models: {},
      store: { ok: true, lastSuccessAt: expect.any(Number) },
    })
    await server.close()
  })

  test('answers no page of another origin', async () => {
    const { server } = serve({ healthAccess: () => true })
    expect((await server.fetch(get({ origin: 'https://evil.example' }))).status).toBe(403)
    await server.close()
  })

  test('refuses where the host could not decide, and tells the host why', async () => {
    const errors: unknown[] = []
    const { server } = serve({
      healthAccess: () => {
        throw new Error('no directory')
      },
      onError: ({ error }) => errors.push(error),
    })
    expect((await server.fetch(get())).status).toBe(500)
    expect(errors).toMatchObject([{ message: 'no directory' }])
    await server.close()
  })

  test('says 503 while the store fails, and once the server is closed', async () => {
    const { store, rig } = weakStore()
    const { server } = serve({ store, healthAccess: () => true })
    rig.isDown = true
    expect((await server.fetch(get())).status).toBe(503)
    rig.isDown = false
    expect((await server.fetch(get())).status).toBe(200)
    await server.close()
    expect((await server.fetch(get())).status).toBe(503)
  })

  test('says 503 after five seconds where the store is silent', async () => {
    const store = { ...memoryStore(), read: () => new Promise<never>(() => {}) }
    const { server, world } = serve({ store, healthAccess: () => true })
    const answer = server.fetch(get())
    await world.advance(5_000)
    expect((await answer).status).toBe(503)
    expect(world.pendingTimers).toBe(0)
    await server.close()
  })
})

/** A store that can be taken down. */
function weakStore(): { readonly store: Store; readonly rig: { isDown: boolean } } {
  const inner = memoryStore()
  const rig = { isDown: false }
  const orDown = async <T>(work: () => Promise<T>): Promise<T> => {
    if (rig.isDown) throw new Error('no database')
    return work()
  }
  const store: Store = {
    ...inner,
    commit: (id, version, events) => orDown(() => inner.commit(id, version, events)),
    read: (id, after) => orDown(() => inner.read(id, after)),
  }
  return { store, rig }
}
