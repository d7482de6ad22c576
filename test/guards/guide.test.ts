// docs/guides/guards.md says what each refusal looks like, to whom, and in which order guards are asked.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ToolError } from '../../src/tools/index.ts'
import { type Desk, desk } from './desk.ts'

const guide = readFileSync(path.join(import.meta.dirname, '../../docs/guides/guards.md'), 'utf8')

/** Rows of the one table, as cells. */
const rows = guide
  .split('\n')
  .filter((line) => /^\| \d+ /.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

const broken = (): never => {
  throw new Error('no disk at /srv')
}

type Options = Omit<Parameters<typeof desk>[0], 'side'>

/** How to make each guard refuse the last of some calls, by the code of the refusal. */
const refusals: Readonly<Record<string, { options: Options; calls?: number; ms?: number }>> = {
  'not-started': {
    options: {
      calls: 2,
      execute: () => new Promise(() => {}),
      server: { limits: { maxConcurrent: 1, offerTimeoutMs: 60_000 } },
    },
    ms: 61_000,
  },
  'input-too-large': {
    options: {
      input: () => ({ text: 'x'.repeat(1_000) }),
      server: { limits: { maxInputBytes: 1_000 } },
    },
  },
  'guard-failed': { options: { server: { guards: [broken] } } },
  'circuit-open': { options: { execute: broken }, calls: 6, ms: 1 },
  'rate-limited': {
    options: { tool: { rateLimit: { limit: 5, windowMs: 60_000, by: 'user' } } },
    calls: 6,
    ms: 1,
  },
  'output-too-large': { options: { execute: () => 'x'.repeat(8 * 1024 * 1024) } },
  'timed-out': {
    options: { tool: { timeoutMs: 5_000 }, execute: () => new Promise(() => {}) },
    ms: 6_000,
  },
  'not-serializable': { options: { execute: () => 1n } },
  'handler-error': { options: { execute: broken } },
}

async function refused(code: string): Promise<readonly string[]> {
  const { options, calls = 1, ms = 500 } = refusals[code]!
  const it = desk({ side: 'server', ...options })
  for (let n = 1; n < calls; n++) await it.call(ms)
  const errors = it.errors.length
  const call = (await it.call(ms)).at(-1)
  expect(call?.errorCode).toBe(code)
  const model = masked(call?.errorText)
  const user = call?.errorForUser === undefined ? 'the same' : masked(call.errorForUser)
  const operator = it.errors.length > errors ? 'event, `onError`' : 'event'
  const health = code === 'circuit-open' ? `${operator}, \`health()\`` : operator
  await it.end()
  return [`\`${code}\``, model, user, health]
}

/** Ids differ from run to run. */
function masked(text = ''): string {
  return text.replace(/error [0-9a-f]{12}/, 'error 4f1c…')
}

test.each(Object.keys(refusals))('the table says what "%s" looks like', async (code) => {
  const [, , ...cells] = rows.find((row) => row[2] === `\`${code}\``) ?? []
  expect(cells).toEqual(await refused(code))
})

test('the table is about nothing that does not happen', () => {
  const coded = rows.map((row) => row[2] ?? '').filter((cell) => cell.startsWith('`'))
  expect(coded).toEqual(Object.keys(refusals).map((code) => `\`${code}\``))
  expect(rows.map(([number]) => Number(number))).toEqual(rows.map((_, index) => index + 1))
})

test('docs/errors.md lists every code that a failed call may have', () => {
  const read = (file: string): string =>
    readFileSync(path.join(import.meta.dirname, '../..', file), 'utf8')
  const union = read('src/protocol/call-state.ts').split('export type CallErrorCode =')[1] ?? ''
  const codes = [...union.matchAll(/\| '([\w-]+)'/g)].map(([, code]) => code)
  const table = read('docs/errors.md').split('## Codes of calls')[1] ?? ''
  const listed = [...table.matchAll(/^\| `([\w-]+)`/gm)].map(([, code]) => code)
  expect(new Set(listed)).toEqual(new Set(codes))
  expect(listed).toHaveLength(codes.length)
})

test('guards are asked in the order of the table: of several that would refuse, the first does', async () => {
  let isClosed = false
  let isBroken = false
  let input: object = { n: 1 }
  const circuit = { failures: 1, coolDownMs: 10_000 }
  const it: Desk = desk({
    side: 'server',
    input: () => input,
    execute: () => (isBroken ? broken() : 'x'.repeat(500)),
    tool: {
      cache: { ttlMs: 60_000, by: 'user' },
      rateLimit: { limit: 2, windowMs: 60_000, by: 'user' },
    },
    server: {
      limits: { circuit, maxInputBytes: 100, maxOutputBytes: 1_000 },
      guards: [
        (_, next) => {
          if (isClosed) throw new ToolError('Closed.', { code: 'closed' })
          return next()
        },
      ],
    },
  })
  const outcome = async (): Promise<unknown> => {
    const [call] = await it.call()
    return call?.errorCode ?? call?.state
  }
  expect(await outcome()).toBe('output-available')
  ;[isBroken, input] = [true, { n: 2 }]
  expect(await outcome()).toBe('handler-error')
  // From here on the circuit is open, the limit reached, and what { n: 1 } gave is kept.
  ;[isClosed, input] = [true, { text: 'x'.repeat(200) }]
  expect(await outcome()).toBe('input-too-large')
  input = { n: 1 }
  expect(await outcome()).toBe('closed')
  isClosed = false
  expect(await outcome()).toBe('output-available')
  input = { n: 3 }
  expect(await outcome()).toBe('circuit-open')
  await it.world.advance(10_000)
  expect(await outcome()).toBe('rate-limited')
  // A call that was not let through says nothing of its tool.
  expect(it.server.health().circuits).toMatchObject({ work: { state: 'open' } })
  expect(it.runs).toHaveLength(2)
  await it.end()
})
