import { describe, expect, test } from 'vitest'
import { historyValidators } from '../../src/testing/index.ts'

type Row = readonly [what: string, rule: string, path: string, ...messages: unknown[]]

const user = { role: 'user', content: 'Go' }
const problem = expect.stringMatching(/^[A-Z"].*\.$/)

describe('Ollama', () => {
  const validate = historyValidators.ollama
  const call = (more: object = {}) => ({ function: { name: 'look', arguments: {}, ...more } })
  const asks = (...calls: readonly unknown[]) => ({
    role: 'assistant',
    content: '',
    tool_calls: calls,
  })
  const result = (tool_call_id: unknown, more: object = {}) => ({
    role: 'tool',
    tool_name: 'look',
    tool_call_id,
    content: 'seen',
    ...more,
  })

  test('a history that the server takes has no problems', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: '', images: ['QUJD'] },
      asks({ id: 'a', ...call() }, { id: 'b', ...call() }),
      result('b'),
      result('a'),
      // As before there were ids.
      asks(call(), call()),
      result(undefined),
      result(undefined),
      { role: 'assistant', content: 'Done.', thinking: 'Hm' },
    ]
    expect(validate({ messages })).toEqual([])
  })

  const rows: readonly Row[] = [
    ['nothing', 'content-empty', '/messages'],
    ['an unknown role', 'role', '/messages/0/role', { role: 'model', content: 'x' }],
    [
      'content that is a list',
      'shape',
      '/messages/1/content',
      user,
      { role: 'assistant', content: [], tool_calls: [{ id: 'a', ...call() }] },
      result('a'),
    ],
    ['a message that says nothing', 'content-empty', '/messages/0', { role: 'user', content: '' }],
    [
      'an answer that says nothing',
      'content-empty',
      '/messages/1',
      user,
      { role: 'assistant', content: '' },
    ],
    [
      'an image that is an address',
      'media',
      '/messages/0/images/0',
      { ...user, images: ['https://host.test/a.png'] },
    ],
    [
      'no name',
      'call-name',
      '/messages/1/tool_calls/0/function/name',
      user,
      asks({ id: 'a', ...call({ name: '' }) }),
      result('a'),
    ],
    [
      'arguments that are a text',
      'call-input',
      '/messages/1/tool_calls/0/function/arguments',
      user,
      asks({ id: 'a', ...call({ arguments: '{}' }) }),
      result('a'),
    ],
    [
      'an id twice',
      'call-id-used',
      '/messages/1/tool_calls/1',
      user,
      asks({ id: 'a', ...call() }, { id: 'a', ...call() }),
      result('a'),
    ],
    [
      'no result',
      'result-missing',
      '/messages/1/tool_calls/0',
      user,
      asks({ id: 'a', ...call() }),
      user,
    ],
    [
      'no result of the second without id',
      'result-missing',
      '/messages/1/tool_calls/1',
      user,
      asks(call(), call()),
      result(undefined),
    ],
    [
      'a result twice',
      'result-twice',
      '/messages/3',
      user,
      asks({ id: 'a', ...call() }),
      result('a'),
      result('a'),
    ],
    [
      'a result of another tool',
      'result-orphan',
      '/messages/3',
      user,
      asks(call()),
      result(undefined),
      result(undefined, { tool_name: 'other' }),
    ],
    [
      'a result without text',
      'result-content',
      '/messages/2/content',
      user,
      asks({ id: 'a', ...call() }),
      result('a', { content: null }),
    ],
  ]
  test.each(rows)('%s is refused', (_, rule, path, ...messages) => {
    expect(validate({ messages })).toEqual([{ rule, path, problem }])
  })
})

describe('Cohere', () => {
  const validate = historyValidators['cohere-v2']
  const call = (id: unknown, more: object = {}) => ({
    id,
    type: 'function',
    function: { name: 'look', arguments: '{}', ...more },
  })
  const asks = (...calls: readonly unknown[]) => ({
    role: 'assistant',
    tool_plan: 'I look.',
    tool_calls: calls,
  })
  const result = (tool_call_id: unknown, content: unknown = 'seen') => ({
    role: 'tool',
    tool_call_id,
    content,
  })
  const part = (more: object) => ({ role: 'user', content: [more] })

  test('a history that the server takes has no problems', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See:' },
          { type: 'image_url', image_url: { url: 'https://host.test/a' } },
        ],
      },
      { ...asks(call('a'), call('b')), content: [{ type: 'text', text: '' }] },
      result('b', [{ type: 'document', document: { data: {} } }]),
      result('a', ''),
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm' },
          { type: 'text', text: 'Done.' },
        ],
      },
    ]
    expect(validate({ messages })).toEqual([])
  })

  const rows: readonly Row[] = [
    ['nothing', 'content-empty', '/messages'],
    [
      'a message that says nothing',
      'content-empty',
      '/messages/0/content',
      { role: 'user', content: '' },
    ],
    [
      'an answer that says nothing',
      'content-empty',
      '/messages/1/content',
      user,
      { role: 'assistant' },
    ],
    ['an empty list', 'content-empty', '/messages/0/content', { role: 'user', content: [] }],
    [
      'an empty text',
      'content-empty',
      '/messages/0/content/0/text',
      part({ type: 'text', text: '' }),
    ],
    ['a file of a person', 'content-kind', '/messages/0/content/0', part({ type: 'file' })],
    [
      'an image that is nowhere',
      'media',
      '/messages/0/content/0/image_url/url',
      part({ type: 'image_url' }),
    ],
    ['no calls in a list of them', 'shape', '/messages/1/tool_calls', user, asks()],
    ['no id', 'call-id', '/messages/1/tool_calls/0/id', user, asks(call('')), result('')],
    [
      'an id twice',
      'call-id-used',
      '/messages/1/tool_calls/1',
      user,
      asks(call('a'), call('a')),
      result('a'),
    ],
    [
      'a call of no type',
      'shape',
      '/messages/1/tool_calls/0/type',
      user,
      asks({ ...call('a'), type: '' }),
      result('a'),
    ],
    [
      'no name',
      'call-name',
      '/messages/1/tool_calls/0/function/name',
      user,
      asks(call('a', { name: '' })),
      result('a'),
    ],
    [
      'arguments that are an object',
      'call-input',
      '/messages/1/tool_calls/0/function/arguments',
      user,
      asks(call('a', { arguments: {} })),
      result('a'),
    ],
    ['no result', 'result-missing', '/messages/1/tool_calls/0', user, asks(call('a')), user],
    ['a result of nothing', 'result-orphan', '/messages/1', user, result('a')],
    [
      'a result twice',
      'result-twice',
      '/messages/3',
      user,
      asks(call('a')),
      result('a'),
      result('a'),
    ],
    [
      'a result without content',
      'result-content',
      '/messages/2/content',
      user,
      asks(call('a')),
      result('a', null),
    ],
  ]
  test.each(rows)('%s is refused', (_, rule, path, ...messages) => {
    expect(validate({ messages })).toEqual([{ rule, path, problem }])
  })

  test('an unknown role is refused, with what it says', () => {
    expect(validate({ messages: [{ role: 'developer', content: 'x' }] })).toMatchObject([
      { rule: 'role', path: '/messages/0/role' },
    ])
  })
})

test('whatever is no request is refused, and nothing throws', () => {
  for (const format of ['ollama', 'cohere-v2'] as const)
    for (const body of [
      undefined,
      null,
      1,
      'x',
      [],
      {},
      { messages: {} },
      { messages: [null, 1, []] },
    ])
      expect(historyValidators[format](body).length).toBeGreaterThan(0)
})
