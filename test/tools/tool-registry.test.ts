import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type AnyTool, ToolRegistry, defineTool, diffCatalog } from '../../src/tools/index.ts'
import { thrownBy } from './thrown.ts'

const tool = (name: string, more: object = {}): AnyTool =>
  defineTool({ name, description: `Does ${name}.`, inputSchema: z.object({}), ...more })

test('tools are found by name and listed in the order in which they came', () => {
  const [b, a] = [tool('b'), tool('a')]
  const registry = new ToolRegistry([b, a])
  expect(registry.get('a')).toBe(a)
  expect(registry.list()).toEqual([b, a])
  expect([registry.has('a'), registry.has('c')]).toEqual([true, false])
})

test('a list is filtered by category, capabilities and executor', () => {
  const registry = new ToolRegistry([
    tool('read', { category: 'files', executor: 'server' }),
    tool('click', { category: 'page', requires: ['browser'], executor: 'client' }),
    tool('photo', { category: 'page', requires: ['browser', 'camera'] }),
  ])
  const names = (filter: Parameters<typeof registry.list>[0]): string[] =>
    registry.list(filter).map(({ name }) => name)
  expect(names({ category: 'page' })).toEqual(['click', 'photo'])
  expect(names({ requires: ['camera', 'browser'] })).toEqual(['photo'])
  expect(names({ executor: 'client' })).toEqual(['click'])
  expect(names({ category: 'page', executor: 'server' })).toEqual([])
})

describe('an unknown name', () => {
  const registry = new ToolRegistry([tool('readFile'), tool('write_file')])

  test('is refused with the names that there are', () => {
    const error = thrownBy(() => registry.get('delete'))
    expect(error.code).toBe('UNKNOWN_TOOL')
    expect(error.message).toBe(
      'Tool "delete" is not registered. Registered tools: readFile, write_file.',
    )
  })

  test.each([
    ['read_file', 'readFile'],
    ['WriteFile', 'write_file'],
  ])('%s: did you mean %s?', (wrong, right) => {
    expect(thrownBy(() => registry.get(wrong)).hint).toContain(`"${right}"`)
  })

  test.each(['__proto__', 'constructor', 'toString', 'then', ''])('%j is not there', (name) => {
    expect(registry.has(name)).toBe(false)
    expect(thrownBy(() => registry.get(name)).code).toBe('UNKNOWN_TOOL')
  })
})

test('names of the language are names like any other', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then']
  const registry = new ToolRegistry(names.map((name) => tool(name)))
  expect(names.map((name) => registry.get(name).name)).toEqual(names)
  expect(registry.catalog().tools).toHaveLength(names.length)
  expect(diffCatalog(new ToolRegistry().catalog(), registry.catalog()).added).toHaveLength(6)
})

test('a list is registered whole or not at all', () => {
  const registry = new ToolRegistry([tool('a')])
  const before = registry.catalog()
  let changes = 0
  registry.onChange(() => changes++)
  expect(thrownBy(() => registry.register([tool('b'), tool('a')])).code).toBe('DUPLICATE_TOOL')
  expect(thrownBy(() => registry.register([tool('c'), tool('c')])).message).toContain('"c"')
  const plain = { name: 'd', execute() {} } as unknown as AnyTool
  expect(thrownBy(() => registry.register([tool('e'), plain])).code).toBe('INVALID_TOOL')
  expect(registry.list()).toHaveLength(1)
  expect(registry.catalog()).toBe(before)
  expect(changes).toBe(0)
})

test('the function that register returns takes out what it put in, once', () => {
  const registry = new ToolRegistry([tool('a')])
  let changes = 0
  registry.onChange(() => changes++)
  const unregister = registry.register([tool('b'), tool('c')])
  unregister()
  expect(registry.list().map(({ name }) => name)).toEqual(['a'])
  expect(changes).toBe(2)
  const second = tool('b')
  registry.register(second)
  unregister()
  expect(registry.get('b')).toBe(second)
  expect(changes).toBe(3)
})

test('every listener hears of a change, and what one throws reaches whoever made it', () => {
  const registry = new ToolRegistry()
  const heard: string[] = []
  const failure = new Error('broken view')
  registry.onChange(() => {
    heard.push('first')
    throw failure
  })
  const unsubscribe = registry.onChange(() => heard.push('second'))
  const register = (name: string) => () => registry.register(tool(name))
  expect(register('a')).toThrow(expect.objectContaining({ errors: [failure] }))
  expect(heard).toEqual(['first', 'second'])
  expect(registry.has('a')).toBe(true)
  unsubscribe()
  unsubscribe()
  expect(register('b')).toThrow(AggregateError)
  expect(heard).toEqual(['first', 'second', 'first'])
})

describe('the catalogue', () => {
  test('depends on the tools, not on the order in which they came', () => {
    const [one, other] = [
      new ToolRegistry([tool('b'), tool('a')]).catalog(),
      new ToolRegistry([tool('a'), tool('b')]).catalog(),
    ]
    expect(one.tools.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(one).toEqual(other)
  })

  test('is computed once between two changes', () => {
    const registry = new ToolRegistry([tool('a')])
    const before = registry.catalog()
    expect(registry.catalog()).toBe(before)
    registry.register(tool('b'))()
    expect(registry.catalog()).not.toBe(before)
    expect(registry.catalog()).toEqual(before)
  })

  test('tells by its difference what to send', () => {
    const before = new ToolRegistry([tool('same'), tool('old'), tool('edited')]).catalog()
    const after = new ToolRegistry([
      tool('new'),
      tool('same'),
      tool('edited', { title: 'Edited' }),
    ]).catalog()
    expect(diffCatalog(before, after)).toEqual({
      added: ['new'],
      changed: ['edited'],
      removed: ['old'],
    })
    expect(before.hash).not.toBe(after.hash)
  })
})
