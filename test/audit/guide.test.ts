// docs/guides/audit.md shows a program that runs, and names what there is.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { memoryStore } from '../../src/stores/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { root } from '../checks/entries.ts'
import { setup } from '../server/setup.ts'
import { auditedServer } from './kept.ts'
import { setPrice } from './price-tool.ts'

const guide = readFileSync(path.join(root, 'docs/guides/audit.md'), 'utf8')

test.each(['kept.ts', 'price-tool.ts'])(
  'the guide to the audit shows the program %s that is tested here',
  (name) => {
    const program = readFileSync(path.join(import.meta.dirname, name), 'utf8')
      .replace('../../src/index.ts', 'toolwire')
      .replace('../../src/server/index.ts', 'toolwire/server')
    expect(guide).toContain(`\`\`\`ts\n${program}\`\`\``)
  },
)

test('the price of the guide is put back, unless somebody set another', async () => {
  const prices = new Map([['tea', 3]])
  const call = (price: number) => ({
    toolCalls: [
      { toolName: 'set_price', input: { article: 'tea', price }, toolCallId: `${price}` },
    ],
  })
  const rig = setup({
    serverTools: [setPrice(prices)],
    steps: [call(4), call(5), { text: 'Done.' }],
  })
  await rig.say('Dearer.')
  const undo = async (id: string): Promise<unknown> => {
    const done = rig.client.undo(id).catch((error: unknown) => error)
    await rig.world.advance(100)
    return done
  }
  expect(await undo('4')).toMatchObject({ code: 'UNDO_FAILED' })
  expect(await undo('5')).toBeUndefined()
  expect(await undo('4')).toBeUndefined()
  expect(prices.get('tea')).toBe(3)
  await rig.end()
})

test('the program of the guide finds the slowest tool, and a record that was changed', async () => {
  const inner = memoryStore()
  const rig = { isForged: false }
  const store = {
    ...inner,
    async read(id: string, after: number) {
      const events = await inner.read(id, after)
      const text = JSON.stringify(events)
      return rig.isForged ? JSON.parse(text.replaceAll('"ada"', '"eve"')) : events
    },
  }
  const send = defineTool({
    name: 'send',
    description: 'Sends money.',
    inputSchema: z.object({ iban: z.string() }),
    execute: () => 'sent',
  })
  const { server, slowest, check } = auditedServer({
    store,
    tools: [send],
    model: scriptedModel([
      { toolCalls: [{ toolName: 'send', input: { iban: 'DE02 1203' } }] },
      { text: 'Done.' },
    ]),
  })
  await server.run({ message: 'Go.', principal: { id: 'ada' } }).result
  await server.close()
  expect(await slowest(0)).toEqual(['send'])
  expect(await slowest(Number.MAX_SAFE_INTEGER)).toEqual([])
  const heads = await check()
  expect(Object.values(heads)).toMatchObject([{ seq: 3 }])
  await check(heads)
  expect(JSON.stringify(await inner.read('audit:log', 0))).not.toContain('1203')
  rig.isForged = true
  await expect(check(heads)).rejects.toThrow('changed at 1')
})
