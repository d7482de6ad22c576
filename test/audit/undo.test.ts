import { expect, test } from 'vitest'
import * as z from 'zod'
import { memoryAudit, verifyAudit } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { ToolError, defineTool } from '../../src/tools/index.ts'
import { type Setup, type SetupOptions, setup } from '../server/setup.ts'

type Undo = NonNullable<Parameters<typeof defineTool>[0]['undo']>

/** A shelf of files with a tool that writes, and can take back what it wrote as long as nobody wrote since. */
function shelf(undo?: Undo) {
  const files = new Map<string, string>()
  const undone: unknown[] = []
  const write = defineTool({
    name: 'write',
    description: 'Writes a file.',
    inputSchema: z.object({ file: z.string(), text: z.string() }),
    permission: 'write',
    timeoutMs: 10_000,
    execute({ file, text }) {
      const before = files.get(file) ?? null
      files.set(file, text)
      return { file, before, after: text }
    },
    async undo({ file, before, after }, context) {
      undone.push({ file, after, ...context })
      await undo?.({ file, before, after }, context)
      if (files.get(file) !== after)
        throw new ToolError(`${file} was changed since.`, { code: 'changed' })
      if (before === null) files.delete(file)
      else files.set(file, before)
    },
  })
  return { files, undone, write }
}

const writes = (...texts: readonly string[]) => ({
  toolCalls: texts.map((text) => ({
    toolName: 'write',
    input: { file: 'a', text },
    toolCallId: text,
  })),
})

const ok = { permissions: () => true }

function office(
  { write }: ReturnType<typeof shelf>,
  options: Partial<SetupOptions> = {},
): Setup & { readonly undo: (id: string | readonly string[], ms?: number) => Promise<unknown> } {
  const rig = setup({
    ...ok,
    serverTools: [write],
    steps: [writes('1', '2'), writes('3'), { text: 'Done.' }],
    ...options,
  })
  return {
    ...rig,
    async undo(id, ms = 1_000) {
      const done = rig.client.undo(id).then(
        () => 'done',
        (error: unknown) => error,
      )
      await rig.world.advance(ms)
      return done
    },
  }
}

const states = ({ client }: Setup) =>
  client.getSnapshot().calls.map(({ toolCallId, undo }) => `${toolCallId} ${undo?.state}`)

test('a call is taken back with its output and its key, and the snapshot says so [P80]', async () => {
  const desk = shelf()
  const rig = office(desk)
  await rig.say('Write.')
  expect(states(rig)).toEqual(['1 possible', '2 possible', '3 possible'])
  expect(await rig.undo('3')).toBe('done')
  expect(desk.files.get('a')).toBe('2')
  expect(desk.undone).toMatchObject([
    { file: 'a', after: '3', toolCallId: '3', input: { text: '3' }, principal: { id: 'me' } },
  ])
  expect(states(rig)).toEqual(['1 possible', '2 possible', '3 undone'])
  await rig.end()
})

test('the calls of a turn, or a list of calls, are taken back with the last first [P80]', async () => {
  const desk = shelf()
  const rig = office(desk)
  await rig.say('Write.')
  expect(await rig.undo(['2', '3'])).toBe('done')
  expect(desk.files.get('a')).toBe('1')
  const turnId = rig.client.getSnapshot().calls[0]?.undo?.turnId ?? ''
  expect(await rig.undo(turnId)).toBe('done')
  expect(desk.undone).toMatchObject([{ after: '3' }, { after: '2' }, { after: '1' }])
  expect(desk.files.size).toBe(0)
  await rig.end()
})

test('what was changed since is left as it is, and so is all behind it [P82]', async () => {
  const desk = shelf()
  const rig = office(desk)
  await rig.say('Write.')
  desk.files.set('a', 'mine')
  const turnId = rig.client.getSnapshot().calls[0]?.undo?.turnId ?? ''
  expect(await rig.undo(turnId)).toMatchObject({
    code: 'UNDO_FAILED',
    toolCallId: '3',
    message: expect.stringContaining('a was changed since. (undo-conflict)'),
  })
  expect(desk.undone).toHaveLength(1)
  expect(desk.files.get('a')).toBe('mine')
  expect(states(rig)).toEqual(['1 possible', '2 possible', '3 possible'])
  // Once the reason is gone, it may be tried again.
  desk.files.set('a', '3')
  expect(await rig.undo(turnId)).toBe('done')
  expect(desk.files.size).toBe(0)
  await rig.end()
})

test('nothing is taken back twice, nor what no tool can take back [P81]', async () => {
  const desk = shelf()
  const look = defineTool({
    name: 'look',
    description: 'Looks.',
    inputSchema: z.object({}),
    execute: () => 'nothing',
  })
  const onPage = defineTool({
    name: 'page',
    description: 'Writes on the page.',
    inputSchema: z.object({}),
    execute: () => 'written',
  })
  const rig = office(desk, {
    serverTools: [desk.write, look],
    clientTools: [onPage],
    steps: [
      {
        toolCalls: [
          ...writes('1').toolCalls,
          { toolName: 'look', toolCallId: 'l' },
          { toolName: 'page', toolCallId: 'p' },
        ],
      },
      { text: 'Done.' },
    ],
  })
  await rig.say('Write.')
  expect(await rig.undo('1')).toBe('done')
  for (const [id, why] of [
    ['1', /taken back already/],
    ['l', /no call that can be taken back/],
    ['p', /a tool with `undo` where it ran/],
    ['nobody', /no call/],
  ] as const)
    expect(await rig.undo(id)).toMatchObject({ code: 'COMMAND_REFUSED', message: why })
  expect(desk.undone).toHaveLength(1)
  await rig.end()
})

test('a call that one node began to take back and never ended is not begun again [P81]', async () => {
  const store = memoryStore()
  const desk = shelf(() => new Promise(() => {}))
  const one = office(desk, { store })
  await one.say('Write.')
  const { conversationId } = one.client
  const asked = one.client.undo('3').catch((error: unknown) => error)
  await one.world.advance(100)
  await one.end()
  expect(await asked).toMatchObject({ code: 'TRANSPORT_CLOSED' })
  const two = office(desk, { store, world: one.world })
  const run = two.server.run({ conversationId, message: 'And?', principal: { id: 'me' } })
  await one.world.advance(120_000)
  await run.result.catch(() => {})
  expect(desk.undone).toHaveLength(1)
  const events = await store.read(conversationId, 0)
  expect(events.filter(({ type }) => type === 'undo-finished')).toMatchObject([
    { errorCode: 'undo-unknown' },
  ])
  await two.end()
})

test('an undo that does not end in time leaves the call unknown, and is not tried again [P81]', async () => {
  const desk = shelf(() => new Promise(() => {}))
  const rig = office(desk)
  await rig.say('Write.')
  expect(await rig.undo('3', 11_000)).toMatchObject({ message: /undo-unknown/ })
  expect(states(rig)).toContain('3 unknown')
  expect(await rig.undo('3')).toMatchObject({ code: 'COMMAND_REFUSED', message: /look before/ })
  expect(desk.undone).toHaveLength(1)
  await rig.end()
})

test('who lost the right to call a tool may not take back with it either', async () => {
  const desk = shelf()
  const rights = { has: true }
  const rig = office(desk, { permissions: () => rights.has })
  await rig.say('Write.')
  rights.has = false
  expect(await rig.undo('3')).toMatchObject({ message: /not-permitted/ })
  expect(desk.undone).toEqual([])
  await rig.end()
})

test('a turn that still runs is not taken back', async () => {
  const desk = shelf()
  const wait = defineTool({
    name: 'wait',
    description: 'Waits.',
    inputSchema: z.object({}),
    execute: () => new Promise(() => {}),
  })
  const rig = office(desk, {
    serverTools: [desk.write, wait],
    steps: [{ toolCalls: [...writes('1').toolCalls, { toolName: 'wait' }] }, { text: 'Done.' }],
  })
  await rig.say('Write.')
  const turnId = rig.client.getSnapshot().calls[0]?.undo?.turnId ?? ''
  expect(await rig.undo(turnId)).toMatchObject({ message: /still runs/ })
  expect(await rig.undo('1')).toBe('done')
  await rig.end()
})

test('the audit has the receipt, who took back and what failed; usage counts it', async () => {
  const audit = memoryAudit()
  const desk = shelf()
  const rig = office(desk, { audit })
  await rig.say('Write.')
  await rig.undo('3')
  desk.files.set('a', 'mine')
  await rig.undo('2')
  await rig.undo('3')
  await rig.end()
  expect(await audit.query({ type: 'undo' })).toMatchObject([
    { toolCallId: '3', toolName: 'write', principalId: 'me' },
    { toolCallId: '2', code: 'undo-conflict', reason: 'a was changed since.' },
  ])
  expect(await audit.query({ type: 'refusal' })).toMatchObject([
    { command: 'undo', reply: 'conflict' },
  ])
  const [, last] = (await audit.query({ type: 'outcome' })).toReversed()
  expect(last?.change).toEqual({
    receipt: { file: 'a', before: '1', after: '2' },
    before: '1',
    after: '2',
  })
  expect(await audit.usage()).toMatchObject([{ calls: 3, undone: 1 }])
  expect(verifyAudit(await audit.query())).toMatchObject({ ok: true })
})

test('no client is told on whose behalf a call is taken back [P34]', async () => {
  const desk = shelf()
  const rig = office(desk)
  await rig.say('Write.')
  await rig.undo('3')
  expect(JSON.stringify(rig.client.getSnapshot())).not.toContain('principal')
  await rig.end()
})
