import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runExample } from './demo-process.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'toolwire-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const target = path.join(folder, name)
  await writeFile(target, content)
  return target
}

const slow = 90_000

interface ShownCall {
  readonly id: string
  readonly name: string
  /** The input as JSON, or the text that is none. */
  readonly input?: unknown
  readonly problem?: string
  readonly became: string
}

/** The calls that a replay printed. */
function callsIn(stdout: string): readonly ShownCall[] {
  const calls = stdout.matchAll(
    /^ {2}call {5}(\S+) {2}(.*)\n {4}(input|truncated|malformed) {2}(.*)\n {4}became (.*)$/gm,
  )
  return [...calls].map(([, id = '', name = '', kind = '', value = '', became = '']) => ({
    id,
    name,
    ...(kind === 'input' ? { input: JSON.parse(value) } : { problem: kind }),
    became,
  }))
}

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\r\n\r\n`
const delta = (change: unknown, finish: string | null = null): string =>
  data({ choices: [{ index: 0, delta: change, finish_reason: finish }] })
const piece = (index: number, text: string, head = {}): unknown => ({
  tool_calls: [{ index, ...head, function: { ...head, arguments: text } }],
})

describe('npm run demo -- --replay', () => {
  test('shows text, calls, finish and usage of a stream', { timeout: slow }, async () => {
    const stream = [
      ': a comment\r\n\r\n',
      delta({ role: 'assistant', reasoning_content: 'Weighing.' }),
      delta({ content: 'Grüße nach Tōkyō 🗼' }),
      delta(piece(0, '{"city":"Tō', { id: 'call_a', name: 'weather' })),
      delta(piece(1, '{"list":[1,', { id: 'call_b', name: 'sum' })),
      delta(piece(0, 'kyō"}')),
      delta(piece(1, '2]}')),
      delta(piece(2, '{"half', { id: 'call_c', name: 'weather' })),
      delta({}, 'length'),
      data({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 } }),
      'data: [DONE]\r\n\r\n',
    ]
    const { code, stdout } = await runExample(
      'page-editor',
      '--replay',
      await file('stream.sse', stream.join('')),
    )
    expect(code).toBe(0)
    expect(stdout).toContain('text       "Grüße nach Tōkyō 🗼"')
    expect(stdout).toContain('reasoning  9 characters')
    expect(callsIn(stdout)).toEqual([
      {
        id: 'call_a',
        name: 'weather',
        input: { city: 'Tōkyō' },
        became: 'input-available → queued → executing → output-available',
      },
      {
        id: 'call_b',
        name: 'sum',
        input: { list: [1, 2] },
        became: 'input-available → queued → executing → output-available',
      },
      {
        id: 'call_c',
        name: 'weather',
        problem: 'truncated',
        became: expect.stringContaining('input-invalid'),
      },
    ])
    expect(stdout).toContain('finish     length (the provider wrote "length")')
    expect(stdout).toContain('"totalTokens":12')
  })

  test('shows the error of a stream that broke', { timeout: slow }, async () => {
    const stream = delta({ content: 'Half' }) + data({ error: { message: 'Out of quota.' } })
    const { code, stdout } = await runExample(
      'page-editor',
      '--replay',
      await file('broken.sse', stream),
    )
    expect(code).toBe(0)
    expect(stdout).toContain('text       "Half"')
    expect(stdout).toMatch(/error +MODEL_PROVIDER: .*Out of quota\./)
  })

  test('shows a whole completion in JSON', { timeout: slow }, async () => {
    const completion = {
      choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }],
    }
    const { code, stdout } = await runExample(
      'page-editor',
      '--replay',
      await file('c.json', JSON.stringify(completion)),
    )
    expect(code).toBe(0)
    expect(stdout).toContain('text       "Hi"')
  })

  test.each([
    ['no-such-file.sse', null, 'no-such-file.sse" cannot be read'],
    ['notes.txt', 'Dear diary', 'neither a stream of server-sent events nor JSON'],
    ['empty.sse', '', 'neither a stream of server-sent events nor JSON'],
    ['package.json', '{"name":"x"}', 'holds no Chat Completions answer'],
    [
      'other.sse',
      'event: message_start\ndata: {"type":"message_start"}\n\n',
      'holds no Chat Completions',
    ],
  ])('refuses %s', { timeout: slow }, async (name, content, message) => {
    const target = content === null ? path.join(folder, name) : await file(name, content)
    const { code, stderr } = await runExample('page-editor', '--replay', target)
    expect(code).toBe(1)
    expect(stderr).toContain(message)
  })
})

interface Row {
  readonly id: string
  readonly file: string
  readonly format: string
  readonly expected: {
    readonly toolCalls: readonly {
      readonly id: string | null
      readonly name: string
      readonly arguments: unknown
      readonly argumentsValid: boolean
    }[]
  }
}

const streams = path.resolve(import.meta.dirname, '../../../shared/fixtures/streams')
const index = path.join(streams, 'index.jsonl')

/** A few recordings from all over the list: each costs a process. */
function someRecordings(): readonly Row[] {
  if (!existsSync(index)) return []
  const rows = readFileSync(index, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
  const withCalls = rows.filter(
    ({ format, expected }) => format === 'openai-chat' && expected.toolCalls.length > 0,
  )
  return withCalls.filter((_, at) => at % 12 === 0)
}

describe.skipIf(!existsSync(index))('real recordings (skipped where ../shared is absent)', () => {
  test.each(someRecordings())('$id shows its calls', { timeout: slow }, async (row) => {
    const { code, stdout } = await runExample(
      'page-editor',
      '--replay',
      path.join(streams, row.file),
    )
    expect(code).toBe(0)
    const shown = callsIn(stdout)
    expect(shown.map(({ name, input }) => ({ name, input: input ?? null }))).toEqual(
      row.expected.toolCalls.map((call) => ({
        name: call.name,
        input: call.argumentsValid ? call.arguments : null,
      })),
    )
    row.expected.toolCalls.forEach(({ id }, at) => id && expect(shown[at]?.id).toBe(id))
  })
})
