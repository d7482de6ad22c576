// S7: an extension is updated while a turn runs, and the backend is not.
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { memoryLedger } from '../../src/client/index.ts'
import { virtualClock } from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { wires } from '../attacks/rig.ts'
import { type Gate, gate } from '../http/scripted.ts'
import { type Stage, isOver, stage } from './stage.ts'

const names = ['tabs', 'back', 'reload', 'zoom', 'find', 'copy', 'paste', 'shot', 'read'] as const

const plain = (name: string, options: object = {}): AnyTool =>
  defineTool({
    name,
    description: `Does ${name}.`,
    inputSchema: z.object({}),
    category: 'page',
    requires: ['browser'],
    execute: () => `${name} done`,
    ...options,
  })

/** Version 1.4: twelve tools, of which `click` runs until `passage` opens. */
function version14(passage: Gate, ran: string[]): readonly AnyTool[] {
  const click = plain('click', {
    inputSchema: z.object({ at: z.string() }),
    execute: async ({ at }: { at: string }) => {
      ran.push(`1.4 ${at}`)
      await passage.passed
      return `clicked ${at}`
    },
  })
  return [...names.map((name) => plain(name)), plain('scroll'), plain('scrape'), click]
}

/** Version 1.5: `click` has a new field, `scrape` is gone, `drag` is new. */
function version15(ran: string[]): readonly AnyTool[] {
  const click = plain('click', {
    inputSchema: z.object({ at: z.string(), button: z.enum(['left', 'right']) }),
    execute: ({ at, button }: { at: string; button: string }) => {
      ran.push(`1.5 ${at} ${button}`)
      return 'clicked'
    },
  })
  return [...names.map((name) => plain(name)), plain('scroll'), plain('drag'), click]
}

const clicks = (...inputs: readonly object[]) => ({
  toolCalls: inputs.map((input) => ({ toolName: 'click', input })),
})

const done = { text: 'Done.' }
const browser = { capabilities: ['browser'] }
const offered = ({ model }: Stage, n: number): readonly string[] =>
  (model.requests[n]?.tools ?? []).map(({ name }) => name).toSorted()

describe.each(Object.entries(wires))('S7 over %s', (_, wire) => {
  test('an update in mid-turn: what runs ends, what waits is stale, what went is unknown, what came is there', async () => {
    const passage = gate()
    const ran: string[] = []
    const scene = await stage(wire, {
      acceptTool: () => 'accept',
      steps: [
        clicks({ at: 'a' }, { at: 'b' }),
        { toolCalls: [{ toolName: 'scrape' }, { toolName: 'drag' }] },
        clicks({ at: 'b' }),
        clicks({ at: 'b', button: 'left' }),
        done,
      ],
    })
    const { client } = scene.open({
      ...browser,
      tools: [],
      limits: { maxConcurrentPerTool: 1 },
    })
    const withdraw = client.tools.register(version14(passage, ran))
    await client.send('Click.')
    await scene.until(() => ran.length > 0)
    const before = scene.world.now()
    withdraw()
    client.tools.register(version15(ran))
    // Pushed at once: no time passes until the server has it.
    await scene.until(() => client.getSnapshot().calls[1]?.state === 'output-error')
    expect(scene.world.now() - before).toBeLessThanOrEqual(1_000)
    passage.open()
    await scene.until(() => isOver(client.getSnapshot()))
    const { calls } = client.getSnapshot()
    expect(calls.map(({ errorCode, output }) => errorCode ?? output)).toEqual([
      'clicked a',
      'stale-tool',
      'unknown-tool',
      'drag done',
      'invalid-input',
      'clicked',
    ])
    expect(calls[1]?.errorText).toContain('"button"')
    expect(calls[2]?.errorText).toMatch(/Available: .*drag/)
    expect(ran).toEqual(['1.4 a', '1.5 b left'])
    expect([offered(scene, 0).length, offered(scene, 1).length]).toEqual([12, 12])
    expect(offered(scene, 0)).toContain('scrape')
    expect(offered(scene, 1)).toContain('drag')
    expect(offered(scene, 1)).not.toContain('scrape')
    const click = scene.model.requests[1]?.tools?.find(({ name }) => name === 'click')
    expect(JSON.stringify(click)).toContain('button')
    expect(click?.category).toBe('page')
    await scene.check()
  })

  test('store review: the backend knows 1.4, and neither adds a tool nor runs a new one as the old', async () => {
    const ran: string[] = []
    const passage = gate()
    passage.open()
    const known = [...version14(passage, []), plain('debug')].map((tool) => tool.withoutExecute())
    const scene = await stage(wire, {
      tools: known,
      steps: [
        { toolCalls: [{ toolName: 'debug' }, { toolName: 'click', input: { at: 'a' } }] },
        done,
      ],
    })
    const { client, errors } = scene.open({ ...browser, tools: version15(ran) })
    await client.send('Debug.')
    await scene.until(() => isOver(client.getSnapshot()))
    // Only what is packaged with the client, and only as it is packaged, is there for the model.
    expect(offered(scene, 0)).toEqual([...names, 'scroll'].toSorted())
    expect(client.getSnapshot().calls.map(({ errorCode }) => errorCode)).toEqual([
      'unknown-tool',
      'stale-tool',
    ])
    expect(errors.map(String).join()).toMatch(/"click".*another definition/)
    expect(errors.map(String).join()).toMatch(/"drag".*takes no tools from clients/)
    expect(ran).toEqual([])
    await scene.check()
  })

  test('a client without a browser is offered nothing that needs one, and is granted nothing', async () => {
    const ran: string[] = []
    const passage = gate()
    passage.open()
    const scene = await stage(wire, {
      acceptTool: () => 'accept',
      steps: [clicks({ at: 'a' }), done, done],
    })
    const plainClient = scene.open({ tools: version14(passage, ['nowhere']) })
    await scene.until(() => plainClient.errors.length === 12)
    expect(plainClient.errors.map(String).join()).toContain('requires browser')
    const panel = scene.open({ ...browser, tools: version14(passage, ran) })
    await panel.client.send('Click.')
    await scene.until(() => isOver(panel.client.getSnapshot()))
    expect(ran).toEqual(['1.4 a'])
    expect(plainClient.link.commands.filter(({ type }) => type === 'claim')).toEqual([])
    panel.client.close()
    await scene.pass(31_000)
    await plainClient.client.send('Click.')
    await scene.until(() => isOver(plainClient.client.getSnapshot()))
    expect(offered(scene, 2)).toEqual([])
    await scene.check()
  })

  test('the same catalogue again is told by its hash alone', async () => {
    const place = await memoryLedger(virtualClock()).enter('talk')
    const ledger = (epoch: number) =>
      ({ level: 'J0', enter: async () => ({ ...place, epoch }) }) as const
    const tools = version14(gate(), [])
    const scene = await stage(wire, { acceptTool: () => 'accept', steps: [] })
    const first = scene.open({ ...browser, tools, ledger: ledger(1) })
    const accepted = ({ link }: typeof first): boolean =>
      link.frames.some(
        (frame) => frame.k === 'r' && frame.c.startsWith('sync') && frame.st === 'accepted',
      )
    await scene.until(() => accepted(first))
    first.client.close()
    const again = scene.open({ ...browser, tools, ledger: ledger(2) })
    await scene.until(() => accepted(again))
    const syncs = again.link.commands.filter(({ type }) => type === 'sync')
    expect(syncs.length).toBeGreaterThan(0)
    for (const sync of syncs) expect(JSON.stringify(sync).length).toBeLessThan(300)
    expect((await scene.log()).filter(({ type }) => type === 'catalog-changed')).toHaveLength(1)
  })

  test('what is too much, or would override a tool of the server, is refused with the reason', async () => {
    const search = plain('search', { requires: [], execute: () => 'of the server' })
    const mine = plain('search', {
      requires: [],
      description: 'Mine.',
      execute: () => 'of the client',
    })
    for (const acceptTool of [undefined, () => 'accept' as const]) {
      const scene = await stage(wire, {
        tools: [search],
        ...(acceptTool && { acceptTool, acceptLimits: { maxTools: 12 } }),
        steps: [{ toolCalls: [{ toolName: 'search' }] }, done],
      })
      const many = Array.from({ length: 14 }, (__, n) => plain(`tool_${n}`))
      const { client, errors } = scene.open({ ...browser, tools: [mine, ...many] })
      await client.send('Search.')
      await scene.until(() => isOver(client.getSnapshot()))
      expect(client.getSnapshot().calls).toMatchObject([{ output: 'of the server' }])
      const why = errors.map(String).join()
      if (acceptTool) expect(why).toContain('A client may declare 12 tools.')
      else expect(why).toContain('The server has a tool of its own by this name.')
      expect(errors).toHaveLength(acceptTool ? 3 : 15)
    }
  })
})
