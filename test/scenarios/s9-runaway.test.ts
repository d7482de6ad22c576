// S9: a model that does not stop, a question that nobody answers in time, and a user who says stop twice.
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type AnyTool, ToolError, defineTool } from '../../src/tools/index.ts'
import type { ScriptStep } from '../../src/testing/index.ts'
import { wires } from '../attacks/rig.ts'
import { gate } from '../http/scripted.ts'
import { isOver, stage } from './stage.ts'

const page = (name: string, options: object = {}): AnyTool =>
  defineTool({
    name,
    description: `Does ${name}.`,
    inputSchema: z.object({ n: z.number().optional() }),
    execute: () => `${name} done`,
    ...options,
  })

const call = (toolName: string, input: object = {}): ScriptStep => ({
  toolCalls: [{ toolName, input }],
})
const done: ScriptStep = { text: 'Done.' }

/** `read_page` and `scroll` in turn, for as long as anybody asks. */
const endless = Array.from({ length: 60 }, (_, n) => call(n % 2 === 0 ? 'read_page' : 'scroll'))

describe.each(Object.entries(wires))('S9 over %s', (_, wire) => {
  test('a cycle of two calls is told to the model once where it has come round as often as it may, then the turn ends', async () => {
    const ran: string[] = []
    const tools = ['read_page', 'scroll'].map((name) =>
      page(name, { execute: () => ran.push(name) }),
    )
    const scene = await stage(wire, {
      tools: tools.map((tool) => tool.withoutExecute()),
      budgets: { maxRepeats: 3 },
      maxSteps: 60,
      steps: endless,
    })
    const { client } = scene.open({ tools })
    await client.send('Go.')
    await scene.until(() => isOver(client.getSnapshot()))
    const { calls } = client.getSnapshot()
    const refused = calls.filter(({ errorCode }) => errorCode === 'repeated-call')
    // Three times round, and half of the fourth.
    expect([ran.length, refused.length]).toEqual([7, 2])
    expect(refused[0]?.errorText).toContain('cycle of 2 calls')
    const told = scene.model.requests.at(-1)?.messages.flatMap(({ parts }) => parts) ?? []
    expect(
      told.filter((part) => part.type === 'tool' && part.errorCode !== undefined),
    ).toHaveLength(1)
    expect((await scene.log()).at(-1)).toMatchObject({ reason: 'repeated-calls' })
    await scene.check()
  })

  test('the hard cap holds where every call is another, and a lasting yes does not lift it', async () => {
    let ran = 0
    const publish = page('publish_page', { approval: true, execute: () => ++ran })
    const steps = Array.from({ length: 60 }, (__, n) => call('publish_page', { n }))
    const scene = await stage(wire, { tools: [publish.withoutExecute()], maxSteps: 10, steps })
    const { client } = scene.open({ tools: [publish] })
    await client.send('Go.')
    await scene.until(() => client.getSnapshot().calls[0]?.state === 'approval-requested')
    await client.approve(client.getSnapshot().calls[0]?.toolCallId ?? '', undefined, 'session')
    await scene.until(() => isOver(client.getSnapshot()))
    expect([ran, scene.model.requests.length]).toEqual([10, 10])
    expect((await scene.log()).at(-1)).toMatchObject({ reason: 'max-steps' })
    await scene.check()
  })

  test('the circuit of one tool opens after five failures, lets one try after a while, and is that of one tool', async () => {
    let reads = 0
    let isBroken = true
    const read = page('read_page', {
      execute: () => {
        reads++
        if (isBroken) throw new ToolError('The page does not answer.')
        return 'read'
      },
    })
    const scroll = page('scroll')
    const both = (n: number): ScriptStep => ({
      toolCalls: ['read_page', 'scroll'].map((toolName) => ({ toolName, input: { n } })),
    })
    const scene = await stage(wire, {
      tools: [read.withoutExecute(), scroll.withoutExecute()],
      steps: [...Array.from({ length: 6 }, (__, n) => both(n)), done, both(6), both(7), done],
    })
    const { client } = scene.open({ tools: [read, scroll] })
    const said = (toolName: string): readonly unknown[] =>
      client
        .getSnapshot()
        .calls.filter((one) => one.toolName === toolName)
        .map(({ errorCode, output }) => output ?? errorCode)
    await client.send('Go.')
    await scene.until(() => isOver(client.getSnapshot()))
    expect(said('read_page')).toEqual([...Array(5).fill('handler-error'), 'circuit-open'])
    expect(
      client.getSnapshot().calls.find(({ errorCode }) => errorCode === 'circuit-open'),
    ).toMatchObject({
      retryAfterMs: 30_000,
      errorText: expect.stringContaining('30 seconds'),
    })
    expect(said('scroll')).toEqual(Array(6).fill('scroll done'))
    expect(reads).toBe(5)
    isBroken = false
    await scene.pass(30_000)
    expect(scene.server.health().circuits).toMatchObject({ read_page: {} })
    await client.send('Again.')
    await scene.until(() => isOver(client.getSnapshot()) && said('read_page').length === 8)
    expect(said('read_page').slice(6)).toEqual(['read', 'read'])
    expect(scene.server.health().circuits).toEqual({})
    await scene.check()
  })

  test('a question that nobody answers expires, the user is shown so, and a late yes publishes nothing', async () => {
    let published = 0
    const publish = page('publish_page', { approval: true, execute: () => ++published })
    const scene = await stage(wire, {
      tools: [publish.withoutExecute()],
      steps: [call('publish_page'), done],
    })
    const { client, heard, link } = scene.open({ tools: [publish] })
    await client.send('Publish.')
    await scene.until(() => client.getSnapshot().calls[0]?.state === 'approval-requested')
    const [{ toolCallId, approval } = { toolCallId: '' }] = client.getSnapshot().calls
    await scene.pass(601_000)
    await scene.until(() => isOver(client.getSnapshot()))
    expect(client.getSnapshot().calls).toMatchObject([
      { state: 'denied', errorCode: 'approval-expired' },
    ])
    expect(heard).toEqual(['publish_page failed'])
    await expect(client.approve(toolCallId)).rejects.toMatchObject({
      code: 'COMMAND_REFUSED',
      message: expect.stringContaining('approval-expired'),
    })
    // Also for who says it to the server nevertheless.
    const created = (await scene.log()).find(({ type }) => type === 'call-created')
    const callId = created?.type === 'call-created' ? created.call.callId : ''
    const connection = await link.connect(
      {
        k: 'hello',
        v: 1,
        conversationId: 'talk',
        clientId: 'late',
        epoch: 1,
        from: 0,
        journal: 'J0',
      },
      new AbortController().signal,
    )
    const { approvalId = '', argsHash = '' } = approval ?? {}
    const decide = { type: 'decide', callId, approvalId, argsHash, approved: true } as const
    await connection.send({ k: 'c', c: decide })
    const frames = connection.frames[Symbol.asyncIterator]()
    for (;;) {
      const { value } = await frames.next()
      const frame = value as { k: string; st?: string }
      if (frame.k !== 'r') continue
      expect(frame.st).toMatch(/^(?:gone|closed)$/)
      break
    }
    connection.close()
    expect(published).toBe(0)
    await scene.check()
  })

  test('a yes to one input is none to another', async () => {
    const published: unknown[] = []
    const publish = page('publish_page', {
      approval: true,
      execute: ({ n }: { n?: number }) => published.push(n),
    })
    const scene = await stage(wire, {
      tools: [publish.withoutExecute()],
      steps: [call('publish_page', { n: 1 }), done],
    })
    const { client } = scene.open({ tools: [publish] })
    await client.send('Publish.')
    await scene.until(() => client.getSnapshot().calls[0]?.state === 'approval-requested')
    const [{ toolCallId } = { toolCallId: '' }] = client.getSnapshot().calls
    await expect(client.approve(toolCallId, { n: 2 })).rejects.toMatchObject({
      message: expect.stringContaining('may not be changed'),
    })
    expect(published).toEqual([])
    await client.approve(toolCallId)
    await scene.until(() => isOver(client.getSnapshot()))
    expect(published).toEqual([1])
    await scene.check()
  })

  test('a message while a question is open waits for its turn, and stop said twice is said once', async () => {
    let published = 0
    const publish = page('publish_page', { approval: true, execute: () => ++published })
    const passage = gate()
    const wait = page('wait', { execute: () => passage.passed })
    const scene = await stage(wire, {
      tools: [publish.withoutExecute(), wait.withoutExecute()],
      steps: [{ toolCalls: [{ toolName: 'publish_page' }, { toolName: 'wait' }] }, done, done],
    })
    const { client } = scene.open({ tools: [publish, wait] })
    await client.send('Publish.')
    await scene.until(() => client.getSnapshot().calls[0]?.state === 'approval-requested')
    await client.send('And then?')
    expect(scene.model.requests).toHaveLength(1)
    await scene.until(() => client.getSnapshot().messages.at(-1)?.role === 'user')
    await Promise.all([client.stop(), client.stop()])
    await scene.pass(31_000)
    await scene.until(() => isOver(client.getSnapshot()))
    const { calls, messages } = client.getSnapshot()
    expect(calls.map(({ state }) => state)).toEqual(['cancelled', 'cancelled'])
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
    const ends = (await scene.log()).filter(({ type }) => type === 'turn-finished')
    expect(ends).toMatchObject([{ reason: 'stopped' }, { reason: 'stop' }])
    await client.stop()
    await client.stop()
    expect([published, scene.model.requests.length]).toEqual([0, 2])
    await scene.check()
  })
})
