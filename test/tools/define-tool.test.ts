import { createHash } from 'node:crypto'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { canonicalJson } from '../../src/base/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { thrownBy } from './thrown.ts'

const base = { name: 'find_orders', description: 'Finds orders.', inputSchema: z.object({}) }
// Options as JavaScript may pass them, past the types.
const define = (options: object): unknown => defineTool({ ...base, ...options })

test('a descriptor says what others may know, and nothing else', () => {
  const tool = defineTool({
    name: 'shop/find.orders:v2',
    title: 'Find orders',
    description: 'Finds orders by customer.',
    inputSchema: z.object({ zip: z.string(), customer: z.string().describe('Their id.') }),
    outputSchema: z.object({ total: z.number() }),
    category: 'shop',
    requires: ['database'],
    readOnly: true,
    permission: 'orders:read',
    timeoutMs: 5_000,
    execute: () => ({ total: 1 }),
  })
  const { hash, ...said } = tool.descriptor
  expect(said).toEqual({
    name: 'shop/find.orders:v2',
    title: 'Find orders',
    description: 'Finds orders by customer.',
    inputSchema: {
      type: 'object',
      properties: {
        zip: { type: 'string' },
        customer: { type: 'string', description: 'Their id.' },
      },
      required: ['zip', 'customer'],
    },
    outputSchema: {
      type: 'object',
      properties: { total: { type: 'number' } },
      required: ['total'],
      additionalProperties: false,
    },
    category: 'shop',
    requires: ['database'],
    readOnly: true,
  })
  expect(hash).toBe(createHash('sha256').update(canonicalJson(said)).digest('hex'))
  // Models read something into the order of properties.
  expect(JSON.stringify(said.inputSchema)).toMatch(/"zip".*"customer"/)
})

test('a hash changes with what a descriptor says, and with nothing else', () => {
  const hashOf = (options: object): string => defineTool({ ...base, ...options }).descriptor.hash
  const hash = hashOf({})
  expect(hashOf({ execute: () => 1, timeoutMs: 9, permission: 'x', approval: true })).toBe(hash)
  expect(hashOf({ description: 'Finds them.' })).not.toBe(hash)
  expect(hashOf({ destructive: true })).not.toBe(hash)
  expect(hashOf({ inputSchema: z.object({ a: z.string() }) })).not.toBe(hash)
})

test('a tool is frozen and does not share what the caller may change', () => {
  const requires = ['browser']
  const tool = defineTool({ ...base, requires })
  requires.push('camera')
  expect(tool.descriptor.requires).toEqual(['browser'])
  expect(Object.isFrozen(tool)).toBe(true)
  expect(Object.isFrozen(tool.descriptor)).toBe(true)
})

test('only a tool that is read-only or idempotent may run twice', () => {
  expect(defineTool(base).effect).toBe('once')
  expect(defineTool({ ...base, destructive: true }).effect).toBe('once')
  expect(defineTool({ ...base, idempotent: true }).effect).toBe('idempotent')
  expect(defineTool({ ...base, readOnly: true }).effect).toBe('idempotent')
})

test('withoutExecute leaves out the handler only', () => {
  const tool = defineTool({ ...base, timeoutMs: 7, approval: true, execute: () => 1 })
  const half = tool.withoutExecute()
  expect(half.execute).toBeUndefined()
  expect('execute' in half).toBe(false)
  expect(half.descriptor).toBe(tool.descriptor)
  expect([half.timeoutMs, half.approval]).toEqual([7, true])
  expect(tool.execute).toBeTypeOf('function')
})

describe('validation', () => {
  const tool = defineTool({
    name: 'book',
    description: 'Books a table.',
    inputSchema: z.object({
      guests: z.array(z.object({ 'first/name~': z.string().trim().min(1) })),
      when: z.string().transform((text) => new Date(text)),
      note: z.string().default('none'),
    }),
    outputSchema: z.object({ id: z.number() }),
  })

  test('gives what the original schema makes of an input', async () => {
    const input = { guests: [{ 'first/name~': ' Ada ' }], when: '2026-01-02T00:00:00Z' }
    expect(await tool.validateInput(input)).toEqual({
      value: {
        guests: [{ 'first/name~': 'Ada' }],
        when: new Date('2026-01-02T00:00:00Z'),
        note: 'none',
      },
    })
  })

  test('names what is wrong by JSON Pointer', async () => {
    const { issues } = await tool.validateInput({ guests: [{ 'first/name~': '' }], when: 5 })
    expect(issues?.map(({ path }) => path)).toEqual(['/guests/0/first~1name~0', '/when'])
    expect(JSON.parse(JSON.stringify(issues))).toEqual(issues)
  })

  test('checks outputs, or lets all pass where there is no output schema', async () => {
    expect(await tool.validateOutput({ id: 1, more: 2 })).toEqual({ value: { id: 1 } })
    expect((await tool.validateOutput({})).issues).toHaveLength(1)
    expect(await defineTool(base).validateOutput('anything')).toEqual({ value: 'anything' })
  })

  test('waits for asynchronous schemas', async () => {
    const slow = defineTool({
      ...base,
      inputSchema: z.object({ id: z.string().refine(async (id) => id === 'known') }),
    })
    expect(await slow.validateInput({ id: 'known' })).toEqual({ value: { id: 'known' } })
    expect((await slow.validateInput({ id: 'x' })).issues).toHaveLength(1)
  })

  test('a validator that throws, rejects or gives nonsense is an issue', async () => {
    const secret = new Error('password hunter2')
    const broken = [
      () => {
        throw secret
      },
      () => Promise.reject(secret),
      () => undefined,
    ]
    for (const validate of broken) {
      const { '~standard': standard } = base.inputSchema
      const inputSchema = { '~standard': { ...standard, validate } } as unknown as StandardSchemaV1
      const result = await defineTool({ ...base, inputSchema }).validateInput({})
      expect(result.issues).toEqual([{ path: '', message: 'The value could not be checked.' }])
    }
  })
})

describe('options that are refused, naming the tool', () => {
  test.each([
    ['an unknown option', { timeout: 5 }, '"timeout"'],
    ['an undo that is no function', { undo: true }, '"undo"'],
    ['a cache for nobody', { cache: { ttlMs: 1 } }, '"cache"'],
    ['a rate limit without a window', { rateLimit: { limit: 1, by: 'user' } }, '"rateLimit"'],
    ['a rate limit of zero', { rateLimit: { limit: 0, windowMs: 1, by: 'tool' } }, '"rateLimit"'],
    [
      'a rate limit by nothing known',
      { rateLimit: { limit: 1, windowMs: 1, by: 'day' } },
      '"rateLimit"',
    ],
    ['a word that is none', { executor: 'browser' }, '"executor"'],
    ['a wrong type', { readOnly: 'yes' }, '"readOnly"'],
    ['a time of zero', { timeoutMs: 0 }, '"timeoutMs"'],
    ['a time that is no number', { timeoutMs: Number.NaN }, '"timeoutMs"'],
    ['null', { retry: null }, '"retry"'],
    ['no description', { description: '' }, '"description"'],
    ['no schema', { inputSchema: undefined }, '"inputSchema"'],
  ])('%s', (_, options, mentioned) => {
    const error = thrownBy(() => define(options))
    expect(error.code).toBe('INVALID_TOOL')
    expect(error.message).toContain('"find_orders"')
    expect(error.message).toContain(mentioned)
    expect(error.hint).not.toBe('')
  })

  test('the hint of an unknown option lists the known ones', () => {
    expect(thrownBy(() => define({ exec: 1 })).hint).toMatch(/execute/)
  })

  test('an option that is undefined is no option', () => {
    expect(() => define({ title: undefined, outputSchema: undefined })).not.toThrow()
  })
})

describe('names', () => {
  test.each([
    '',
    'a b',
    ' read',
    'read ',
    'réad',
    'reаd_file',
    'ｒead',
    'read\u200b',
    'read\u202e',
    '../x',
    '-x',
    '1st',
    'a\u0000',
    'a\n',
    '💩',
    'a'.repeat(129),
    undefined,
    7,
  ])('%j is illegal', (name) => {
    expect(thrownBy(() => define({ name })).code).toBe('INVALID_TOOL')
  })

  test.each([
    'a',
    '_x',
    'Read-File_2',
    'shop.orders/find:v2',
    'constructor',
    'toString',
    '__proto__',
    'a'.repeat(128),
  ])('%j is legal', (name) => {
    expect(define({ name })).toHaveProperty('name', name)
  })
})
