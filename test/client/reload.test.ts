import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import {
  type ScriptStep,
  type VirtualClock,
  scriptedModel,
  virtualClock,
} from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { FaultyWire } from './faulty-wire.ts'
import { Origin, Realm } from './realm.ts'

const oneCall: ScriptStep[] = [{ toolCalls: [{ toolName: 'work', input: {} }] }, { text: 'Done.' }]

/** A conversation in tabs of one origin, with a client tool that takes a second. */
function setup(effect: 'once' | 'idempotent' = 'once') {
  const world: VirtualClock = virtualClock()
  const wire = new FaultyWire()
  const origin = new Origin()
  const begins: Realm[] = []
  const errors: object[] = []
  const onError = (error: object): void => void errors.push(error)
  const work = (realm: Realm): AnyTool =>
    defineTool({
      name: 'work',
      description: 'works',
      inputSchema: z.object({}),
      ...(effect === 'idempotent' && { idempotent: true }),
      execute: () => {
        begins.push(realm)
        return new Promise<string>((resolve) => realm.world.setTimer(1_000, () => resolve('done')))
      },
    })
  const first = new Realm(origin, world)
  const server = createToolServer({
    world,
    model: scriptedModel(oneCall),
    tools: [work(first).withoutExecute()],
    onError,
  })
  server.accept(wire, { id: 'me' })
  const conversationId = 'talk'
  const open = (realm: Realm): ToolClient =>
    createToolClient({
      world: realm.world,
      ledger: realm.ledger,
      transport: realm.reach(wire),
      tools: [work(realm)],
      conversationId,
      onError,
    })
  return { world, wire, origin, begins, errors, first, open }
}

function outcome(client: ToolClient): unknown {
  const { calls, messages } = client.getSnapshot()
  return [calls.map(({ state }) => state), messages.at(-1)?.parts.at(-1)]
}

const finished = (state: string): unknown => [[state], { type: 'text', text: 'Done.' }]

describe('a tab that is reloaded', () => {
  test('after the handler ended hands in what the journal kept [P3][P57]', async () => {
    const { world, wire, begins, errors, first, open } = setup()
    const sent = open(first).send('Go.')
    // The result never arrives.
    wire.dropUp = (frame) => JSON.stringify(frame).includes('"result"')
    await world.advance(2_000)
    await sent
    expect(begins).toHaveLength(1)
    wire.dropUp = () => false
    const client = open(first.reload())
    await world.advance(1_000)
    expect(outcome(client)).toEqual(finished('output-available'))
    expect([begins.length, errors]).toEqual([1, []])
  })

  test('while the handler runs settles the call as unknown, with words for the model', async () => {
    const { world, begins, first, open } = setup()
    const sent = open(first).send('Go.')
    await world.advance(500)
    await sent
    const client = open(first.reload())
    await world.advance(1_000)
    expect(outcome(client)).toEqual(finished('outcome-unknown'))
    expect(client.getSnapshot().calls[0]?.errorText).toContain('may or may not have had its effect')
    expect(begins).toHaveLength(1)
  })

  test('while an idempotent handler runs runs it again', async () => {
    const { world, begins, first, open } = setup('idempotent')
    const sent = open(first).send('Go.')
    await world.advance(500)
    await sent
    const client = open(first.reload())
    await world.advance(5_000)
    expect(outcome(client)).toEqual(finished('output-available'))
    expect(begins).toHaveLength(2)
  })

  test('between grant and begin runs the call, and once [P42][P57]', async () => {
    const { world, begins, first, open } = setup()
    // Its second write is the line before the effect.
    let updates = 0
    first.onStep = (step) => {
      if (step === 'update' && ++updates === 2) first.kill()
    }
    open(first)
      .send('Go.')
      .catch(() => {})
    await world.advance(500)
    expect([first.isDead, begins.length]).toEqual([true, 0])
    const client = open(first.reload())
    await world.advance(5_000)
    expect(outcome(client)).toEqual(finished('output-available'))
    expect(begins).toHaveLength(1)
  })
})

describe('tabs of one origin', () => {
  test('another tab hands in the result of one that crashed for good [P58]', async () => {
    const { world, wire, begins, first, origin, open } = setup()
    const other = open(new Realm(origin, world))
    const sent = open(first).send('Go.')
    wire.dropUp = (frame) => JSON.stringify(frame).includes('"result"')
    await world.advance(2_000)
    await sent
    first.kill()
    wire.dropUp = () => false
    await world.advance(60_000)
    expect(outcome(other)).toEqual(finished('output-available'))
    expect(begins).toEqual([first])
  })

  test('a duplicated tab is somebody else: the call runs once, where it was asked for [P12]', async () => {
    const { world, begins, first, open } = setup()
    const client = open(first)
    await world.advance(100)
    const copy = open(first.duplicate())
    await world.advance(100)
    const sent = client.send('Go.')
    await world.advance(5_000)
    await sent
    expect(outcome(client)).toEqual(finished('output-available'))
    expect(outcome(copy)).toEqual(outcome(client))
    expect(begins).toEqual([first])
  })

  test('a living tab keeps its calls to itself [P59]', async () => {
    const { world, begins, first, origin, open } = setup()
    const client = open(first)
    const sent = client.send('Go.')
    await world.advance(500)
    await sent
    open(new Realm(origin, world))
    await world.advance(5_000)
    expect(outcome(client)).toEqual(finished('output-available'))
    expect(begins).toEqual([first])
  })
})

test('a tab that is killed at any step of the journal or the wire leaves one settled call [P46][P47]', async () => {
  for (let step = 1; ; step++) {
    const { world, begins, first, open } = setup()
    let steps = 0
    first.onStep = () => {
      if (++steps === step) first.kill()
    }
    open(first)
      .send('Go.')
      .catch(() => {})
    await world.advance(10_000)
    const client = open(first.reload())
    await world.advance(120_000)
    const { calls } = client.getSnapshot()
    expect(begins.length, `step ${step}`).toBeLessThanOrEqual(1)
    for (const call of calls)
      expect(['output-available', 'outcome-unknown'], `step ${step}`).toContain(call.state)
    if (!first.isDead || steps < step) {
      expect(step).toBeGreaterThan(10)
      return
    }
  }
})
