import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { repairOf } from '../../../src/engine/repair/options.ts'
import { createToolServer } from '../../../src/server/index.ts'
import { scriptedModel } from '../../../src/testing/index.ts'
import { defineTool } from '../../../src/tools/index.ts'
import { askAgain } from './ask-again.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const guide = readFileSync(path.join(root, 'docs/guides/repair.md'), 'utf8')

test('the hook in the guide is the one that is tested here', () => {
  const hook = readFileSync(path.join(import.meta.dirname, 'ask-again.ts'), 'utf8')
    .replace('../../../src/index.ts', 'toolwire')
    .replace('../../../src/server/index.ts', 'toolwire/server')
  expect(guide).toContain(`\`\`\`ts\n${hook}\`\`\``)
})

test('the guide knows every stage, and which one is off', () => {
  const named = [...guide.matchAll(/^\| `([a-z-]+)` +\| (.*)$/gm)]
  const on = named.flatMap(([, stage, says]) => (says?.includes('**Off**') ? [] : [stage]))
  expect(on).toEqual([...(repairOf({})?.stages ?? [])])
  expect(named).toHaveLength(on.length + 1)
})

test('a hook that asks a model again gets a whole call for one that was cut', async () => {
  const ran: unknown[] = []
  const write = defineTool({
    name: 'write',
    description: 'Writes a file.',
    inputSchema: z.object({ text: z.string() }),
    execute(input) {
      ran.push(input)
      return 'written'
    },
  })
  const small = scriptedModel([
    { toolCalls: [{ toolName: 'write', input: { text: 'all of it' } }] },
  ])
  const server = createToolServer({
    model: scriptedModel([
      { toolCalls: [{ toolName: 'write', inputText: '{"text":"all o' }], finishReason: 'length' },
      { text: 'Done.' },
    ]),
    tools: [write],
    repair: askAgain(small),
  })
  const { calls, text } = await server.run({ message: 'Write it all.' }).result
  expect(text).toBe('Done.')
  expect(ran).toEqual([{ text: 'all of it' }])
  expect(calls[0]?.repairs).toMatchObject([{ stage: 'hook', reason: 'truncated' }])
  expect(small.requests).toMatchObject([{ toolChoice: { toolName: 'write' }, tools: [{}] }])
  expect(JSON.stringify(small.requests[0]?.messages)).toContain('ends before it is complete')
  await server.close()
})
