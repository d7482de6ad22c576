import { randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { createRedact } from '../../src/guards/index.ts'
import { defineTool } from '../../src/tools/index.ts'

const redact = createRedact()

describe('redact', () => {
  test('takes out what the schema of a tool calls a secret, wherever that stands', () => {
    const { descriptor } = defineTool({
      name: 'login',
      description: 'Logs in.',
      inputSchema: z.object({
        user: z.string(),
        code: z.string().meta({ 'x-secret': true }),
        other: z.array(z.object({ note: z.object({ a: z.string() }).meta({ 'x-secret': true }) })),
        either: z.union([z.string(), z.object({ word: z.string().meta({ 'x-secret': true }) })]),
        byName: z.record(z.string(), z.string().meta({ 'x-secret': true })),
      }),
      execute: () => 1,
    })
    const input = {
      user: 'ada',
      code: '1234',
      other: [{ note: { a: 'b' } }],
      either: { word: 'sesame' },
      byName: { x: 'y' },
    }
    expect(redact(input, descriptor.inputSchema)).toEqual({
      user: 'ada',
      code: '[redacted]',
      other: [{ note: '[redacted]' }],
      either: { word: '[redacted]' },
      byName: { x: '[redacted]' },
    })
    expect(input.code).toBe('1234')
  })

  test('follows schemas that refer to themselves', () => {
    const schema = {
      type: 'object',
      anyOf: [{ $ref: '#' }],
      properties: { next: { $ref: '#' }, key: { $ref: '#/$defs/key' } },
      $defs: { key: { type: 'string', 'x-secret': true } },
    }
    expect(redact({ next: { next: { key: 'a' } } }, schema)).toEqual({
      next: { next: { key: '[redacted]' } },
    })
  })

  test('takes out fields whose name says it, and those that the host names', () => {
    const own = createRedact({ keys: ['badgeNo'] })
    expect(
      own({
        password: 'a',
        'X-Api-Key': 'b',
        accessToken: 'c',
        db: { connection_string: 'd' },
        Cookie: ['e'],
        'badge-no': 7,
        totalTokens: 12,
        author: 'Ada',
        keyboard: 'qwerty',
      }),
    ).toEqual({
      password: '[redacted]',
      'X-Api-Key': '[redacted]',
      accessToken: '[redacted]',
      db: { connection_string: '[redacted]' },
      Cookie: '[redacted]',
      'badge-no': '[redacted]',
      totalTokens: 12,
      author: 'Ada',
      keyboard: 'qwerty',
    })
  })

  test('takes known secrets out of every text, also of the names of fields', () => {
    const own = createRedact({ secrets: ['open sesame'] })
    const error = new Error('say "open sesame"', { cause: { 'open sesame': ['open sesame!'] } })
    expect(JSON.stringify(own({ error }))).not.toContain('sesame')
    expect(own({ error })).toMatchObject({ error: { message: 'say "[redacted]"' } })
  })

  test.each([
    ['a key of a provider', 'sk-proj-abcdefghijklmnop'],
    ['a bearer token', 'authorization: Bearer abc.def-123'],
    ['a JSON web token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nMIIEvQ==\n-----END PRIVATE KEY-----'],
    ['the password in an address', 'postgres://bob:hunter2@db:5432/shop'],
    ['a password in a query', 'failed: https://x.test/?password=hunter2&a=1'],
    ['a token in JSON', '{"token":"hunter2"}'],
    ['a UUID', randomUUID()],
  ])('takes out %s', (_, text) => {
    expect(redact(`before ${text} after`)).toMatch(/^before .*\[redacted\].* after$/s)
    expect(String(redact(text))).not.toMatch(/hunter2|c2lnbmF0dXJl|MIIEvQ|abcdefgh|def-123/)
  })

  test('takes out nearly every random key of 16 bytes or more', () => {
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      const keys = Array.from({ length: 2_000 }, (_, n) =>
        randomBytes(16 + (n % 17)).toString(encoding),
      )
      const missed = keys.filter((key) => String(redact(`key ${key}.`)).includes(key))
      expect(missed.length).toBeLessThan(keys.length / 50)
    }
  })

  test.each([
    'The quick brown fox jumps over the lazy dog, 42 times.',
    'the-quick-brown-fox-jumps-over-the-lazy-dog',
    '2026-01-02T03:04:05.000Z',
    'getElementsByClassNameAndSomething',
    'https://example.com/products/winter-jacket-2024-blue-xl?id=123',
    '/usr/local/lib/node_modules/toolwire/dist/index.js:12:30',
    'internationalization 1234567890123456789012',
  ])('leaves "%s" as it is', (text) => {
    expect(redact(text)).toBe(text)
  })

  test.each(['-eyJ', 'eyJ.', 'Bearer ', 'a://', '-----BEGIN ', 'password ', 'sk-', 'a1', '='])(
    'comes to an end with a long text made of "%s"',
    (piece) => {
      expect(redact(piece.repeat(200_000))).toEqual(expect.any(String))
    },
  )

  test('gives plain data of whatever it gets, and the same again of what it gave', () => {
    const circular: Record<string, unknown> = { big: 1n, run: () => 1 }
    circular['self'] = circular
    expect(redact(circular)).toEqual({ big: '1', run: '[function]', self: '[circular]' })
    let deep: object = {}
    for (let n = 0; n < 100_000; n++) deep = { deep }
    expect(JSON.stringify(redact(deep))).toContain('[too deep]')
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const once = redact(value)
        expect(redact(once)).toEqual(once)
      }),
    )
  })
})
