// docs/guides/stores.md shows a program that runs, over a server that was started anew.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import * as z from 'zod'
import { createToolServer, storeAudit } from '../../src/server/index.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { ToolError, defineTool } from '../../src/tools/index.ts'
import { root } from '../checks/entries.ts'
import { archive } from './kept.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'toolwire-kept-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const guide = readFileSync(path.join(root, 'docs/guides/stores.md'), 'utf8')

test('the guide to the stores shows the program that is tested here', () => {
  const program = readFileSync(path.join(import.meta.dirname, 'kept.ts'), 'utf8')
    .replace('../../src/index.ts', 'toolwire')
    .replace('../../src/server/index.ts', 'toolwire/server')
  expect(guide).toContain(`\`\`\`ts\n${program}\`\`\``)
})

const pay = defineTool({
  name: 'pay',
  description: 'Pays a bill.',
  inputSchema: z.object({ bill: z.string() }),
  execute: () => {
    throw new ToolError('There is no money.')
  },
})

test('a conversation goes on after a restart, and its host finds, saves and deletes it', async () => {
  const file = path.join(folder, 'x.db')
  const principal = { id: 'ann' }
  const conversationId = 'bills'
  const model = scriptedModel([
    { toolCalls: [{ toolName: 'pay', input: { bill: '7' } }] },
    { text: 'It failed.' },
    { text: 'As I said.' },
  ])

  const first = await sqliteStore({ file })
  const audit = storeAudit(first)
  const server = createToolServer({ model, tools: [pay], store: first, audit })
  await server.run({ message: 'Pay bill 7.', conversationId, principal }).result
  await server.close()
  expect(await audit.query({ tool: 'pay', type: 'outcome' })).toMatchObject([
    { state: 'output-error', principalId: 'ann' },
  ])
  expect(await audit.query({ tool: 'other' })).toEqual([])
  await first.close()

  const store = await sqliteStore({ file })
  const again = createToolServer({ model, tools: [pay], store })
  await again.run({ message: 'And?', conversationId, principal }).result
  await again.close()
  // The model saw the call and its result of the life before.
  expect(model.requests[2]?.messages).toHaveLength(4)

  const host = archive(store)
  expect(await host.failures('ann', 0)).toEqual(new Map([['pay', 1]]))
  expect(await host.failures('bob', 0)).toEqual(new Map())
  const before = await store.history(conversationId)
  expect(before.items.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'assistant',
    'user',
    'assistant',
  ])
  await host.save(conversationId, path.join(folder, 'bills.jsonl'))
  expect(await host.sweep(Date.now())).toBe(0)
  expect(await host.forget('ann')).toBe(1)
  expect((await store.executions()).items).toEqual([])
  expect(await host.load(path.join(folder, 'bills.jsonl'))).toBe(conversationId)
  expect(await store.history(conversationId)).toEqual(before)
  expect(await host.sweep(Date.now() + 100 * 24 * 60 * 60 * 1_000)).toBe(1)
  await store.close()
})
