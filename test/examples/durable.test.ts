// The example of a durable engine, as real processes on a real PostgreSQL, in a database of its own for each test.
import { execFile, fork } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { type TestContext, beforeEach, describe, expect, test } from 'vitest'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { createToolServer } from '../../src/server/index.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import { historyValidators, scriptedModel } from '../../src/testing/index.ts'
import { root } from '../checks/entries.ts'
import { needsPostgres, runSql, url } from '../stores/postgres-server.ts'

let made = 0

async function newDatabase({ onTestFinished }: TestContext): Promise<string> {
  const name = `toolwire_durable_test_${process.pid}_${++made}`
  await runSql(`create database ${name}`)
  onTestFinished(async () => {
    await runSql(`drop database ${name} with (force)`)
  })
  const own = new URL(url)
  own.pathname = name
  return own.href
}

interface Life {
  readonly database: string
  /** Where it ends: the beginning of what the process says. */
  readonly until: string
  readonly signal?: 'SIGKILL' | 'SIGTERM'
  readonly message?: string
}

/** Runs the worker until it gets somewhere, and ends it there. Gives all that it reached. */
function live(
  { database, until, signal = 'SIGKILL', message }: Life,
  { onTestFinished }: TestContext,
): Promise<string[]> {
  const request = message === undefined ? [] : [message]
  const child = fork(path.join(root, 'examples/durable/worker.ts'), [database, ...request], {
    execArgv: ['--disable-warning=DeprecationWarning'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const reached: string[] = []
  return new Promise((resolve, reject) => {
    child.on('message', (said: unknown) => {
      const moment = String(said)
      reached.push(moment)
      if (moment.startsWith(until)) child.kill(signal)
      else child.send('go on')
    })
    child.once('exit', (code, by) => {
      const isDue = reached.at(-1)?.startsWith(until)
      if (isDue && (by === 'SIGKILL' || code === 0)) resolve(reached)
      else reject(new Error(`The worker ended (${code ?? by}) after: ${reached.join('; ')}`))
    })
  })
}

/** A further turn in the conversation, by a plain server: what it is told, and whether a provider would take that. */
async function nextRequest(database: string): Promise<{ faults: unknown; results: unknown[] }> {
  const { fetch: answer } = scriptedModel([{ text: 'Bye.' }])
  const bodies: unknown[] = []
  const model = openaiChat({
    model: 'any',
    apiKey: 'none',
    fetch: (input, init) => {
      if (typeof init?.body === 'string') bodies.push(JSON.parse(init.body))
      return answer(input, init)
    },
  })
  const store = await postgresStore({ url: database, schema: 'toolwire' })
  const server = createToolServer({ model, tools: [], store })
  const turn = { conversationId: 'trips', message: 'Thanks.' }
  expect(await server.run(turn).result).toMatchObject({ text: 'Bye.' })
  await server.close()
  const log = await store.read('trips', 0)
  await store.close()
  return {
    faults: bodies.flatMap((body) => historyValidators['openai-chat'](body)),
    results: log.filter((event) => event.type === 'call-settled'),
  }
}

const asked = (step: number): string[] => [
  `asks the model, step ${step}`,
  `keeps the answer, step ${step}`,
]
const booked = ['reserves a seat', 'issues the ticket']
const charged = ['charges the card']
const handedOver = (charge: string): string[] => [
  `hands over: book_trip: output-available, charge_card: ${charge}`,
]
const allWell = handedOver('output-available')

/** Where the process is killed; what it had done until then, and what the next one does. */
const crashes = [
  {
    until: 'asks the model, step 1',
    before: ['asks the model, step 1'],
    after: [...asked(1), ...booked, ...asked(2), ...charged, ...asked(3), ...allWell],
  },
  {
    until: 'keeps the answer, step 1',
    before: asked(1),
    after: [
      'keeps the answer, step 1',
      ...booked,
      ...asked(2),
      ...charged,
      ...asked(3),
      ...allWell,
    ],
  },
  {
    until: 'issues the ticket',
    before: [...asked(1), ...booked],
    after: ['issues the ticket', ...asked(2), ...charged, ...asked(3), ...allWell],
  },
  {
    until: 'charges the card',
    before: [...asked(1), ...booked, ...asked(2), ...charged],
    after: [...asked(3), ...handedOver('outcome-unknown')],
  },
  {
    until: 'hands over',
    before: [...asked(1), ...booked, ...asked(2), ...charged, ...asked(3), ...allWell],
    after: allWell,
  },
]

describe.concurrent('the example of a durable engine', { timeout: 120_000 }, () => {
  beforeEach((context) => needsPostgres(context))

  test.for(crashes)(
    'killed where it $until, goes on with that and repeats nothing else',
    async ({ until, before, after }, context) => {
      const database = await newDatabase(context)
      expect(await live({ database, until, message: 'A trip!' }, context)).toEqual(before)
      const rest = await live({ database, until: 'hands over', signal: 'SIGTERM' }, context)
      expect(rest).toEqual(after)
      const { faults, results } = await nextRequest(database)
      expect(faults).toEqual([])
      expect(results).toHaveLength(2)
    },
  )

  test('told to end in the middle of a turn, leaves it to the next process', async (context) => {
    const database = await newDatabase(context)
    await live({ database, until: 'issues', signal: 'SIGTERM', message: 'A trip!' }, context)
    const rest = await live({ database, until: 'hands over' }, context)
    expect(rest).toEqual(['issues the ticket', ...asked(2), ...charged, ...asked(3), ...allWell])
    expect((await nextRequest(database)).faults).toEqual([])
  })

  test('tells its story', async () => {
    const { stdout: output } = await promisify(execFile)('node', ['examples/durable/main.ts'], {
      cwd: root,
      env: { ...process.env, POSTGRES_URL: url },
    })
    expect(output.split('\n').filter((line) => line.startsWith('Killed'))).toHaveLength(3)
    expect(output.trim().split('\n').at(-1)).toBe(
      '  hands over: book_trip: output-available, charge_card: outcome-unknown',
    )
  })
})
