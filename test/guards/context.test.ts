import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { desk, sides } from './desk.ts'

const contextSchema = z.object({ tenant: z.string().transform((name) => name.toUpperCase()) })

describe.each(sides)('the context of a tool on the %s', (side) => {
  const deskWith = (context: unknown, seen: unknown[]) =>
    desk({
      side,
      tool: { contextSchema },
      execute: (_, { context: given }) => seen.push(given),
      [side]: { context },
    })

  test('comes as its schema has it', async () => {
    const seen: unknown[] = []
    const it = deskWith({ tenant: 'acme', secret: 1 }, seen)
    expect(await it.call()).toMatchObject([{ state: 'output-available' }])
    expect(seen).toEqual([{ tenant: 'ACME' }])
    await it.end()
  })

  test('may be a function, which is asked at each attempt', async () => {
    const seen: unknown[] = []
    let asked = 0
    const it = deskWith(async () => ({ tenant: `t${++asked}` }), seen)
    await it.call()
    await it.call()
    expect(seen).toEqual([{ tenant: 'T1' }, { tenant: 'T2' }])
    await it.end()
  })

  test('that does not fit keeps the handler from running, and is told to the host alone', async () => {
    const it = deskWith({ tenant: 7, password: 'hunter2' }, [])
    const [call] = await it.call()
    expect(it.runs).toEqual([])
    expect(call).toMatchObject({ state: 'output-error', errorCode: 'handler-error' })
    expect(call?.errorText).toMatch(/^The tool failed \(error \w+\)\.$/)
    expect(it.errors).toMatchObject([
      {
        toolName: 'work',
        error: { code: 'INVALID_CONTEXT', message: expect.stringContaining('/tenant') },
      },
    ])
    await it.end()
  })
})

test('a function for the context on a server is told whose call it is', async () => {
  const it = desk({
    side: 'server',
    user: 'ann',
    execute: (_, { context }) => context,
    server: { context: ({ id }: { id: string }) => ({ user: id }) },
  })
  expect(await it.call()).toMatchObject([{ output: { user: 'ann' } }])
  await it.end()
})
