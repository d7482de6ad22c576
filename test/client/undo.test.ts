import { describe, expect, test } from 'vitest'
import { ToolError } from '../../src/tools/index.ts'
import { gate } from '../http/scripted.ts'
import { Origin, Realm } from './realm.ts'
import { saveCall, set, setCall, undoRig, undoStates } from './undo-rig.ts'

const turnOf = (client: Parameters<typeof undoStates>[0]): string =>
  client.getSnapshot().calls[0]?.undo?.turnId ?? ''

describe('a call that a client ran', () => {
  test('is taken back at that client, with its output, its input and its key [P83]', async () => {
    const { first, open, say, undo, undone, values, server } = undoRig()
    const client = open(first)
    await say(client)
    expect([values.get('title'), undoStates(client)]).toEqual(['a', ['a possible']])
    expect(await undo(client, 'a')).toBe('done')
    expect([values.get('title'), undoStates(client)]).toEqual(['', ['a undone']])
    expect(undone).toMatchObject([
      {
        where: 'page',
        context: { toolCallId: 'a', input: { text: 'a' }, key: expect.any(String) },
      },
    ])
    expect(client.getSnapshot().calls[0]).toMatchObject({
      state: 'output-available',
      output: { after: 'a' },
    })
    expect(await undo(client, 'a')).toMatchObject({ code: 'COMMAND_REFUSED', message: /already/ })
    expect(undone).toHaveLength(1)
    expect(server.health().ok).toBe(true)
  })

  test('is taken back in one order with those that ran on the server, the last first [P80]', async () => {
    const { first, open, say, undo, undone, values } = undoRig({
      steps: [
        { toolCalls: [setCall('a')] },
        { toolCalls: [saveCall('1')] },
        { toolCalls: [setCall('b')] },
        { toolCalls: [saveCall('2')] },
      ],
    })
    const client = open(first)
    await say(client)
    expect(await undo(client, ['2', 'b'])).toBe('done')
    expect([...values]).toEqual([
      ['title', 'a'],
      ['file', '1'],
    ])
    expect(await undo(client, turnOf(client))).toBe('done')
    expect(undone.map(({ what, where }) => `${what} ${where}`)).toEqual([
      '2 server',
      'b page',
      '1 server',
      'a page',
    ])
    expect([...values.values()]).toEqual(['', ''])
  })

  test('is left as it is where the page was changed since, and so is all behind it [P82]', async () => {
    const { first, open, say, undo, undone, values } = undoRig({
      steps: [{ toolCalls: [saveCall('1')] }, { toolCalls: [setCall('a')] }],
    })
    const client = open(first)
    await say(client)
    values.set('title', 'mine')
    expect(await undo(client, turnOf(client))).toMatchObject({
      code: 'UNDO_FAILED',
      toolCallId: 'a',
      message: expect.stringContaining('title is another. (undo-conflict)'),
    })
    expect([...values.values()]).toEqual(['1', 'mine'])
    expect(undoStates(client)).toEqual(['1 possible', 'a possible'])
    values.set('title', 'a')
    expect(await undo(client, turnOf(client))).toBe('done')
    expect(undone.map(({ what }) => what)).toEqual(['a', 'a', '1'])
  })

  test('can be taken back after a reload of the tab: the receipt is in the log [P83]', async () => {
    const { world, first, open, say, undo, undone, values } = undoRig()
    const before = open(first)
    await say(before)
    const reloaded = open(first.reload())
    await world.advance(1_000)
    expect(undoStates(reloaded)).toEqual(['a possible'])
    expect(await undo(reloaded, 'a')).toBe('done')
    expect([values.get('title'), undone.length]).toEqual(['', 1])
  })

  test('can be taken back by another tab where the one that ran it is gone', async () => {
    const { world, origin, first, open, say, undo, undone } = undoRig()
    const before = open(first)
    await say(before)
    first.kill()
    const other = open(new Realm(origin, world))
    await world.advance(1_000)
    expect(await undo(other, 'a')).toBe('done')
    expect(undone).toHaveLength(1)
  })

  test('is taken back once where two tabs could, in the one that ran it, whoever asked [P83]', async () => {
    const { world, origin, first, open, say, undo, undone, pageTool } = undoRig({ assign: 'any' })
    // Its link is the older one, so that it hears of everything first.
    const other = open(new Realm(origin, world), { tools: [] })
    await world.advance(500)
    await say(open(first))
    other.tools.register(pageTool('other'))
    const watcher = open(new Realm(origin, world), { tools: [] })
    await world.advance(500)
    expect(await undo(watcher, 'a')).toBe('done')
    expect(undone.map(({ where }) => where)).toEqual(['page'])
  })

  test('may be taken back while a later turn runs', async () => {
    const { first, open, say, undo, undone, values } = undoRig({
      steps: [set('a'), { text: 'Done.' }, { toolCalls: [saveCall('1')] }],
    })
    const client = open(first)
    await say(client)
    const sent = client.send('More.')
    expect(await undo(client, 'a')).toBe('done')
    await sent
    expect([undone.length, values.get('file')]).toEqual([1, '1'])
  })

  test('does not overlap with calls that share its conflict key', async () => {
    const passage = gate()
    const { world, first, open, say, undone, values } = undoRig({
      steps: [set('a'), { text: 'Done.' }, set('b')],
      page: { concurrency: 'serial' },
      beforeUndo: () => passage.passed,
    })
    const client = open(first)
    await say(client)
    const end = client.undo('a')
    await world.advance(500)
    await say(client, 'More.')
    expect([values.get('title'), undone.length]).toEqual(['a', 0])
    passage.open()
    await world.advance(2_000)
    await end
    expect([values.get('title'), undone.length]).toEqual(['b', 1])
  })
})

describe('what cannot be taken back says so, with what to do, and nothing is touched', () => {
  const steps = [{ toolCalls: [setCall('a')] }, { toolCalls: [saveCall('1')] }]

  test('where the client that can is not there [P84]', async () => {
    const { world, origin, first, open, say, undo, undone } = undoRig({ steps })
    const client = open(first)
    await say(client)
    client.close()
    const watcher = open(new Realm(origin, world), { tools: [] })
    await world.advance(61_000)
    expect(await undo(watcher, turnOf(watcher))).toMatchObject({
      code: 'UNDO_FAILED',
      toolCallId: 'a',
      message: expect.stringMatching(/not connected\. Open it again.*\(undo-no-client\)/),
    })
    expect([undone, undoStates(watcher)]).toEqual([[], ['a possible', '1 possible']])
    const back = open(first.reload())
    await world.advance(1_000)
    expect(await undo(back, turnOf(back))).toBe('done')
  })

  test.each([
    ['is gone', (): object[] => [], 'unknown-tool'],
    ['is another one by now', (): object[] => [{ description: 'Sets it.' }], 'stale-tool'],
    ['cannot take back any more', (): object[] => [{ undo: undefined }], 'stale-tool'],
  ])('where the tool %s [P84]', async (_, tools, code) => {
    const { world, first, open, say, undo, undone, pageTool } = undoRig({
      steps,
      acceptTool: () => 'accept',
    })
    const client = open(first, { tools: [] })
    const withdraw = client.tools.register(pageTool('page'))
    await say(client)
    withdraw()
    client.tools.register(tools().map((options) => pageTool('page', options)))
    await world.advance(500)
    expect(await undo(client, turnOf(client))).toMatchObject({
      code: 'UNDO_FAILED',
      toolCallId: 'a',
      message: expect.stringContaining(`(${code})`),
    })
    expect([undone, undoStates(client)]).toEqual([[], ['a possible', '1 possible']])
  })

  test('where the client leaves before it takes the call back', async () => {
    const { world, first, open, say, undo, undone, wire } = undoRig({ steps })
    const client = open(first)
    await say(client)
    wire.dropUp = (frame) => JSON.stringify(frame).includes('"claim"')
    expect(await undo(client, 'a', 100_000)).toMatchObject({ message: /not-started/ })
    expect(undone).toEqual([])
    wire.dropUp = () => false
    await world.advance(60_000)
    expect(undoStates(client)).toContain('a possible')
  })
})

describe('around taking back at a client stands what stands around a call', () => {
  test('permission, asked for again on the server', async () => {
    for (const page of [{}, { undoApproval: true }]) {
      const rights = { has: true }
      const rig = undoRig({ permissions: () => rights.has, page })
      const client = rig.open(rig.first)
      await rig.say(client)
      rights.has = false
      // Nobody is asked for what may not be.
      expect(await rig.undo(client, 'a')).toMatchObject({ message: /not-permitted/ })
      expect(rig.undone).toEqual([])
    }
  })

  test('the guards of the server, which see that it is an undo and of what', async () => {
    const seen: unknown[] = []
    const { first, open, say, undo, undone } = undoRig({
      steps: [{ toolCalls: [setCall('a'), saveCall('1')] }],
      guards: [
        ({ toolName, undo: taken, input, principal }, next) => {
          if (!taken) return next()
          seen.push({ toolName, taken, input, principal })
          throw new ToolError('Not on Sundays.', { code: 'closed' })
        },
      ],
    })
    const client = open(first)
    await say(client)
    for (const id of ['a', '1'])
      expect(await undo(client, id)).toMatchObject({ message: /Not on Sundays\. \(closed\)/ })
    expect(undone).toEqual([])
    expect(seen).toMatchObject([
      {
        toolName: 'set_title',
        taken: { output: { after: 'a' } },
        input: { text: 'a' },
        principal: { id: 'me' },
      },
      { toolName: 'save', taken: { output: { after: '1' } } },
    ])
  })

  test('the guards and the last word of the client', async () => {
    for (const options of [
      {
        guards: [
          (): never => {
            throw new ToolError('Not here.', { code: 'no' })
          },
        ],
      },
      { mayRun: ({ undo }: { undo?: object }) => !undo },
    ]) {
      const { world, first, open, say, undo, undone } = undoRig()
      const client = open(first)
      await say(client)
      client.close()
      const strict = open(first.reload(), options)
      await world.advance(1_000)
      expect(await undo(strict, 'a')).toMatchObject({ code: 'UNDO_FAILED' })
      expect(undone).toEqual([])
    }
  })

  test('the time limit: what does not end in time is unknown, and is not tried again [P81]', async () => {
    const { first, open, say, undo, undone } = undoRig({
      page: { timeoutMs: 5_000 },
      beforeUndo: () => new Promise(() => {}),
    })
    const client = open(first)
    await say(client)
    expect(await undo(client, 'a', 6_000)).toMatchObject({ message: /undo-unknown/ })
    expect(await undo(client, 'a')).toMatchObject({
      code: 'COMMAND_REFUSED',
      message: /look before/,
    })
    expect(undone).toEqual([])
  })

  test('not the circuit of the tool, which taking back neither opens nor closes', async () => {
    const { first, open, say, undo, server, errors } = undoRig({
      limits: { circuit: { failures: 1, coolDownMs: 60_000 } },
      beforeUndo: () => {
        throw new Error('broken')
      },
    })
    const client = open(first)
    await say(client)
    expect(await undo(client, 'a')).toMatchObject({ message: /handler-error/ })
    expect(errors).toHaveLength(1)
    expect(server.health().circuits).toEqual({})
  })

  test('neither rate limit nor kept outputs: a person takes back as often as they like', async () => {
    const { first, open, say, undo, undone } = undoRig({
      page: {
        rateLimit: { limit: 1, windowMs: 60_000, by: 'tool' },
        cache: { ttlMs: 60_000, by: 'user' },
      },
    })
    const client = open(first)
    await say(client)
    expect(await undo(client, 'a')).toBe('done')
    expect(undone).toHaveLength(1)
  })
})

describe('a tool that asks a person before it takes back', () => {
  const asking = { page: { undoApproval: true } }

  test('waits for the answer, and takes back after a yes', async () => {
    const { world, first, open, say, undone, values } = undoRig(asking)
    const client = open(first)
    await say(client)
    const end = client.undo('a')
    await world.advance(1_000)
    expect([undoStates(client), undone]).toEqual([['a approval-requested'], []])
    await Promise.all([client.approve('a'), world.advance(1_000)])
    await end
    expect([undoStates(client), values.get('title')]).toEqual([['a undone'], ''])
  })

  test('takes nothing back after a no, or where nobody answers, or the answer changes something', async () => {
    const { world, first, open, say, undo, undone } = undoRig(asking)
    const client = open(first)
    await say(client)
    const end = client.undo('a').catch((error: unknown) => error)
    await world.advance(1_000)
    for (const [edits, keep] of [
      [{ text: 'b' }, undefined],
      [undefined, 'session' as const],
    ] as const) {
      const refused = client.approve('a', edits, keep).catch((error: unknown) => error)
      await world.advance(1_000)
      expect(await refused).toMatchObject({ message: /asked about each time/ })
    }
    await Promise.all([client.deny('a', 'Keep it.'), world.advance(1_000)])
    expect(await end).toMatchObject({ message: /Keep it.*\(denied\)/ })
    expect(await undo(client, 'a', 601_000)).toMatchObject({ message: /approval-expired/ })
    expect([undoStates(client), undone]).toEqual([['a possible'], []])
  })

  test('may decide by what it would take back, on the server, also for its own calls', async () => {
    const asked: unknown[] = []
    const undoApproval = (output: unknown, { principal }: { principal?: unknown }): boolean => {
      asked.push([output, principal])
      return false
    }
    const { first, open, say, undo, undone } = undoRig({ page: { undoApproval } })
    const client = open(first)
    await say(client)
    expect(await undo(client, 'a')).toBe('done')
    expect([asked, undone.length]).toMatchObject([[[{ after: 'a' }, { id: 'me' }]], 1])
  })

  test('is asked for by the client alone, too: its own word is never passed over', async () => {
    const { world, first, open, say, undone, pageTool } = undoRig()
    const client = open(first, { tools: [pageTool('page', { undoApproval: true })] })
    await say(client)
    const end = client.undo('a').catch((error: unknown) => error)
    await world.advance(1_000)
    expect([undoStates(client), undone]).toEqual([['a approval-requested'], []])
    client.close()
    await end
  })
})

test('the model is told of what was taken back at its next step, behind the result [P85]', async () => {
  const { first, open, say, undo, model } = undoRig({
    steps: [{ toolCalls: [setCall('a'), saveCall('1')] }],
  })
  const client = open(first)
  await say(client)
  await undo(client, 'a')
  await say(client, 'And now?')
  const asItIs = undefined
  const told = (n: number): unknown =>
    model.requests[n]?.messages
      .flatMap(({ parts }) => parts)
      .flatMap((part) =>
        part.type === 'tool'
          ? [part.modelOutput?.map((one) => (one.type === 'text' ? one.text : one.type)) ?? asItIs]
          : [],
      )
  expect(told(1)).toEqual([asItIs, asItIs])
  expect(told(2)).toEqual([['json', expect.stringContaining('Taken back since')], asItIs])
})

test('listeners to calls and the view for the model hear nothing of taking back', async () => {
  const views: unknown[] = []
  const { first, open, say, undo, errors } = undoRig({
    page: { toModelOutput: (output: unknown) => String(views.push(output)) },
  })
  const client = open(first)
  await say(client)
  const heard: unknown[] = []
  client.onCall(({ type }) => heard.push(type))
  await undo(client, 'a')
  expect([heard, views.length, errors]).toEqual([[], 1, []])
})

test('a person waits no day for a tab that died while it took back', async () => {
  const { world, origin, first, open, say } = undoRig({
    limits: { orphanTimeoutMs: 86_400_000 },
    beforeUndo: () => new Promise(() => {}),
  })
  const client = open(first)
  await say(client)
  client.undo('a').catch(() => {})
  await world.advance(1_000)
  first.kill()
  // Elsewhere, with another journal.
  const other = open(new Realm(new Origin(), world))
  await world.advance(100_000)
  expect([undoStates(other), origin.stored.size > 0]).toEqual([['a unknown'], true])
})

test('the audit has the question, who took back and how that ended, under the call that it is about', async () => {
  const { world, first, open, say, undo, audit, server, values } = undoRig({
    page: { undoApproval: true },
  })
  const client = open(first)
  await say(client)
  const end = client.undo('a').catch((error: unknown) => error)
  await world.advance(500)
  values.set('title', 'mine')
  await Promise.all([client.approve('a'), world.advance(1_000)])
  await end
  values.set('title', 'a')
  const again = client.undo('a')
  await world.advance(500)
  await Promise.all([client.approve('a'), world.advance(1_000)])
  await again
  await undo(client, 'a')
  await Promise.all([server.close(), world.settle()])
  const records = await audit.query()
  const [asked] = records
  const about = records.filter(({ undoId }) => undoId !== undefined)
  expect(about.every(({ callId }) => callId === asked?.callId)).toBe(true)
  expect(about).toMatchObject([
    { type: 'question', toolName: 'set_title', executor: 'client', principalId: 'me' },
    { type: 'decision', approved: true },
    { type: 'attempt', by: first.clientId },
    { type: 'undo', code: 'undo-conflict', reason: 'title is another.', executor: 'client' },
    { type: 'question' },
    { type: 'decision' },
    { type: 'attempt' },
    { type: 'undo', executor: 'client' },
  ])
  expect(about[0]?.undoId).not.toBe(about[4]?.undoId)
  expect(await audit.usage()).toMatchObject([{ calls: 1, succeeded: 1, undone: 1 }])
})

test('a tab that is killed at any step of taking back began it once at the most [P81][P83]', async () => {
  for (let step = 1; ; step++) {
    const { world, first, open, say, undone, values } = undoRig()
    const client = open(first)
    await say(client)
    let steps = 0
    first.onStep = () => {
      if (++steps === step) first.kill()
    }
    client.undo('a').catch(() => {})
    await world.advance(10_000)
    const back = first.isDead ? open(first.reload()) : client
    await world.advance(200_000)
    const [state] = undoStates(back)
    expect(undone.length, `step ${step}`).toBeLessThanOrEqual(1)
    expect(['a undone', 'a unknown', 'a possible'], `step ${step}`).toContain(state)
    if (state === 'a undone') expect(values.get('title'), `step ${step}`).toBe('')
    if (state === 'a possible') expect(undone, `step ${step}`).toEqual([])
    if (steps < step) {
      expect(step).toBeGreaterThan(5)
      return
    }
  }
})
