import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { chatFlavors } from '../../../src/models/_openai-chat-flavors.ts'
import { gemini } from '../../../src/models/gemini.ts'
import { defineTool } from '../../../src/tools/index.ts'
import { entries, root } from '../../checks/entries.ts'
import { setup } from '../../server/setup.ts'
import { call, failing, failure, finish, playedModel, text } from '../played-model.ts'
import { chatAnswer, sse } from '../wire.ts'
import { server as falling } from './fallback.ts'
import { lossesAt } from './losses.ts'
import { server as choosing } from './selection.ts'
import { stay } from './stay.ts'

const guide = readFileSync(path.join(root, 'docs/guides/models.md'), 'utf8')

const names = [
  'fallback.ts',
  'stay.ts',
  'selection.ts',
  'losses.ts',
  'acme.ts',
  'acme-suite.test.ts',
]

/** A program as the guide shows it: it imports the package by its name, and an adapter what is beside it. */
function shown(name: string): string {
  const program = readFileSync(path.join(import.meta.dirname, name), 'utf8')
  return program.replace(/'((?:\.\.\/)+src\/[\w./-]+)'/g, (_, file: string) => {
    const source = path.resolve(import.meta.dirname, file)
    const entry = name === 'acme.ts' ? undefined : entries.find((one) => one.source === source)
    const beside = path.relative(path.join(root, 'src/models'), source)
    return `'${entry?.specifier ?? (beside.startsWith('.') ? beside : `./${beside}`)}'`
  })
}

describe('the guide to models', () => {
  test('shows the programs that are tested here', () => {
    const programs = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, program]) => program)
    expect(programs).toEqual(names.map(shown))
  })

  test('knows every adapter and every flavor', () => {
    const heads = guide.split('\n').map((line) => line.split('|')[1] ?? '')
    const named = heads.flatMap((head) => [...head.matchAll(/`([^`]+)`/g)].map(([, name]) => name))
    for (const { specifier } of entries)
      if (specifier.includes('/models/')) expect(guide).toContain(specifier)
    for (const flavor of Object.keys(chatFlavors)) expect(named).toContain(flavor)
  })
})

/** Answers every request of the real adapters, and tells at which host. */
function stubFetch(answer: (host: string) => Response): readonly string[] {
  const hosts: string[] = []
  vi.stubGlobal('fetch', async (input: string | URL) => {
    const { host } = new URL(input)
    hosts.push(host)
    return answer(host)
  })
  return hosts
}

const claude = 'api.anthropic.com'
const openai = 'api.openai.com'
const google = 'generativelanguage.googleapis.com'

function here(host: string): Response {
  const parts = [{ text: 'Here.' }]
  return new Response(
    host === google
      ? sse([{ candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] }])
      : chatAnswer({ content: 'Here.' }),
  )
}

describe('what the guide shows', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  test('goes on with Gemini where Claude is overloaded', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const hosts = stubFetch((host) =>
      host === claude
        ? Response.json({ error: { message: 'Overloaded' } }, { status: 529 })
        : here(host),
    )
    expect((await falling.run({ message: 'Hi' }).result).text).toBe('Here.')
    expect(hosts).toEqual([claude, google])
    expect(log.mock.calls).toEqual([['anthropic:claude-sonnet-4-5', expect.any(Error)]])
  })

  test('chooses by need', async () => {
    const picture = {
      type: 'file',
      mediaType: 'image/png',
      url: 'data:image/png;base64,QUJD',
    } as const
    const trial = { id: 'me', roles: ['trial'] }
    const long = 'x'.repeat(400_001)
    for (const [message, principal, host] of [
      ['Hi', { id: 'me' }, openai],
      [[picture], { id: 'me' }, google],
      [[picture], trial, google],
      [long, { id: 'me' }, google],
      ['Hi', trial, openai],
    ] as const) {
      const hosts = stubFetch(here)
      expect((await choosing.run({ message, principal }).result).text).toBe('Here.')
      expect(hosts).toEqual([host])
    }
  })

  test('stays with the model that wrote the last step of the turn', async () => {
    const look = defineTool({
      name: 'look',
      description: 'Looks.',
      inputSchema: z.object({}),
      execute: () => 'seen',
    })
    const first = playedModel('first', failing(failure('MODEL_REQUEST')), [text('Hi.'), finish()])
    const second = playedModel(
      'second',
      [...call('look'), finish('tool-calls')],
      [text('Done.'), finish()],
    )
    const { say, end } = setup({
      steps: [],
      serverTools: [look],
      selectModel: stay(first, second),
    })
    await say('Go')
    expect([first.requests.length, second.requests.length]).toEqual([1, 2])
    await say('And?')
    expect([first.requests.length, second.requests.length]).toEqual([2, 2])
    await end()
  })

  test('tells what becomes of each tool', () => {
    const tools = [
      defineTool({
        name: 'find',
        description: 'Finds.',
        inputSchema: z.object({ code: z.string().regex(/^[A-Z]{3}$/) }),
      }),
      defineTool({
        name: 'look',
        description: 'Looks.',
        inputSchema: z.object({ at: z.number() }),
      }),
    ]
    const model = gemini({ model: 'gemini-2.5-pro' })
    expect(lossesAt(model, tools)).toEqual(['find: pattern at /properties/code is described'])
    const fussy = {
      ...model,
      checkTools: () => [{ toolName: 'find', leftOut: 'it has no end', losses: [] }],
    }
    expect(lossesAt(fussy, tools)).toEqual(['find is left out: it has no end'])
    expect(lossesAt(playedModel('plain'), tools)).toEqual([])
  })
})
