// What the tools say of themselves, and how they do in a conversation.
import { describe, expect, test } from 'vitest'
import { createToolClient } from '../../../src/client/index.ts'
import { createToolServer } from '../../../src/server/index.ts'
import { scriptedModel } from '../../../src/testing/index.ts'
import { pageTools } from '../../../src/toolkits/page.ts'
import { htmlPage } from '../../../src/toolkits/page-file.ts'
import { ToolError } from '../../../src/tools/index.ts'
import { memoryTransport } from '../../../src/transports/index.ts'
import { until } from '../../wires/app.ts'
import { shop } from './suite.ts'
import { Workbench } from './workbench.ts'

const tools = new Map(pageTools({ page: htmlPage(shop) }).map((tool) => [tool.name, tool]))

function keys(name: string, input: object): readonly string[] {
  const { concurrency } = tools.get(name)!
  return typeof concurrency === 'function' ? [concurrency(input)].flat() : []
}

function overlap(one: readonly [string, object], other: readonly [string, object]): boolean {
  const first = new Set(keys(...one))
  return keys(...other).some((key) => first.has(key))
}

describe('the tools of a page', () => {
  test('say what they are', () => {
    const traits = [...tools.values()].map((tool) => [
      tool.name,
      tool.readOnly ?? false,
      tool.destructive ?? false,
      tool.approval ?? false,
      tool.undo !== undefined,
    ])
    expect(traits).toEqual([
      ['list_elements', true, false, false, false],
      ['get_element_info', true, false, false, false],
      ['validate_selector', true, false, false, false],
      ['modify_element', false, false, false, true],
      ['modify_elements', false, false, false, true],
      ['create_element', false, false, false, true],
      ['delete_element', false, true, true, true],
    ])
  })

  test('are the same to a server without a page, which runs none of them', () => {
    const bare = pageTools()
    expect(bare.map(({ descriptor }) => descriptor.hash)).toEqual(
      [...tools.values()].map(({ descriptor }) => descriptor.hash),
    )
    expect(bare.every(({ execute, undo }) => !execute && !undo)).toBe(true)
    expect(pageTools({ approval: false }).at(-1)?.approval).toBe(false)
  })

  test('refuse bounds that are no selectors', () => {
    expect(() => pageTools({ page: htmlPage(shop), protect: ['#a['] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS' }),
    )
  })

  test('have keys for one element, by its id or its handle, and read without', async () => {
    const a = ['modify_element', { target: '#hero-title', text: 'x' }] as const
    const b = ['modify_element', { target: '#card-1', style: { color: 'red' } }] as const
    expect(overlap(a, b)).toBe(false)
    expect(overlap(a, ['modify_elements', { edits: [b[1], a[1]] }])).toBe(true)
    expect(keys('list_elements', {})).toEqual([])
    const bench = new Workbench(htmlPage(shop))
    const { output } = await bench.call('get_element_info', { target: '#hero-title' })
    expect(overlap(a, ['modify_element', { target: output.handle, text: 'y' }])).toBe(true)
  })

  test.each([
    ['delete_element', { target: '#offers' }],
    ['create_element', { target: '#offers', tag: 'p' }],
    ['modify_element', { target: '#offers', html: '<p>x</p>' }],
    ['modify_element', { target: 'section article', text: 'x' }],
    ['modify_element', { target: '#offers', attributes: { id: 'card-1' } }],
  ])('let %s of %o wait for an edit of what may be in it', (name, input) => {
    expect(overlap([name, input], ['modify_element', { target: '#card-1', text: 'x' }])).toBe(true)
  })

  test('take back a change that could not be saved, and say so', async () => {
    let isFull = false
    const saved: string[] = []
    const page = htmlPage(shop, {
      async save(html) {
        if (isFull) throw new ToolError('The disk is full.')
        saved.push(html)
      },
    })
    const bench = new Workbench(page)
    await bench.call('modify_element', { target: '#hero-title', text: 'One' })
    isFull = true
    const answer = await bench.call('modify_element', { target: '#hero-title', text: 'Two' })
    expect(answer.message).toBe('The disk is full.')
    expect(saved).toEqual([page.html()])
    expect(page.html()).toContain('>One</h1>')
  })
})

test('a model edits a file in a conversation, a person agrees to what is deleted and takes the turn back', async () => {
  const page = htmlPage(shop)
  const server = createToolServer({
    model: scriptedModel([
      {
        toolCalls: [
          {
            toolName: 'modify_element',
            input: { target: '#hero-title', text: 'Hi' },
            toolCallId: 'a',
          },
          {
            toolName: 'delete_element',
            input: { target: '#card-1', force: ['children'] },
            toolCallId: 'b',
          },
        ],
      },
      { text: 'Done.' },
    ]),
    tools: pageTools({ page }),
  })
  const [near, far] = [memoryTransport(), { id: 'me' }]
  server.accept(near, far)
  const client = createToolClient({ transport: near, tools: [] })
  await client.send('Go.')
  await until(client, ({ calls }) => calls[1]?.state === 'approval-requested')
  expect(page.html()).toContain('card-1')
  await client.approve('b')
  const { calls } = await until(client, ({ status }) => status === 'ready')
  expect(calls.map(({ state }) => state)).toEqual(['output-available', 'output-available'])
  // The receipt is for the app, not for the model.
  expect(JSON.stringify(calls[0]?.modelOutput)).not.toContain('receipt')
  expect(page.html()).not.toContain('card-1')
  await client.undo(calls[0]?.undo?.turnId ?? '')
  expect(page.html()).toBe(shop)
  client.close()
  await server.close()
})
