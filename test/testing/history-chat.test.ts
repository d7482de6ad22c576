import { describe, expect, test } from 'vitest'
import { historyValidators } from '../../src/testing/index.ts'

const validate = historyValidators['openai-chat']

const user = { role: 'user', content: 'Go' }
const call = (id: unknown, more: object = {}) => ({
  id,
  type: 'function',
  function: { name: 'look', arguments: '{}', ...more },
})
const asks = (...calls: readonly unknown[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: calls,
})
const result = (id: unknown, content: unknown = 'seen') => ({
  role: 'tool',
  tool_call_id: id,
  content,
})
const answer = { role: 'assistant', content: 'Done.' }

test('a history that the server takes has no problems', () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'developer', content: [{ type: 'text', text: 'Very.' }] },
    user,
    asks(call('a'), call('b', { arguments: '{"at": 1}' })),
    result('b'),
    result('a', [{ type: 'text', text: 'seen' }]),
    { ...asks(call('a')), content: '' },
    result('a', ''),
    answer,
    {
      role: 'user',
      content: [
        { type: 'text', text: 'See:' },
        { type: 'image_url', image_url: { url: 'https://host.test/a.png' } },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,QUJD' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'https://host.test/a.pdf' } },
        { type: 'file', file: { file_id: 'file-1' } },
      ],
    },
    { role: 'assistant', content: null, refusal: 'No.' },
    {
      role: 'assistant',
      tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sh', input: '' } }],
    },
    result('c'),
    { role: 'assistant', content: [{ type: 'text', text: 'Well' }] },
  ]
  expect(validate({ messages })).toEqual([])
})

type Row = readonly [what: string, rule: string, path: string, ...messages: unknown[]]

const rows: readonly Row[] = [
  ['nothing', 'content-empty', '/messages'],
  ['a role of another format', 'role', '/messages/0/role', { role: 'model', content: 'Hi' }],
  [
    'an empty message of a person',
    'content-empty',
    '/messages/0/content',
    { role: 'user', content: '' },
  ],
  ['no content of a person', 'content-empty', '/messages/0/content', { role: 'user' }],
  ['an empty list', 'content-empty', '/messages/0/content', { role: 'user', content: [] }],
  [
    'an empty text part',
    'content-empty',
    '/messages/0/content/0/text',
    { role: 'user', content: [{ type: 'text', text: '' }] },
  ],
  [
    'a part that says not what it is',
    'shape',
    '/messages/0/content/0/type',
    { role: 'user', content: [{}] },
  ],
  [
    'an image of the system',
    'content-kind',
    '/messages/0/content/0',
    { role: 'system', content: [{ type: 'image_url', image_url: { url: 'https://host.test/a' } }] },
  ],
  [
    'an image of the model',
    'content-kind',
    '/messages/1/content/0',
    user,
    {
      role: 'assistant',
      content: [{ type: 'image_url', image_url: { url: 'https://host.test/a' } }],
    },
  ],
  [
    'an image that is a PDF',
    'media',
    '/messages/0/content/0',
    {
      role: 'user',
      content: [{ type: 'image_url', image_url: { url: 'data:application/pdf;base64,AA==' } }],
    },
  ],
  [
    'a file that is nowhere',
    'media',
    '/messages/0/content/0',
    { role: 'user', content: [{ type: 'file', file: { filename: 'a' } }] },
  ],
  [
    'an answer that says nothing',
    'content-empty',
    '/messages/1',
    user,
    { role: 'assistant', content: '' },
  ],
  ['an answer of null', 'content-empty', '/messages/1', user, { role: 'assistant', content: null }],
  [
    'content that is an object',
    'shape',
    '/messages/1/content',
    user,
    { ...asks(call('a')), content: {} },
    result('a'),
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
    asks({ ...call('a'), type: undefined }),
    result('a'),
  ],
  [
    'a name with a dot',
    'call-name',
    '/messages/1/tool_calls/0/function/name',
    user,
    asks(call('a', { name: 'page.edit' })),
    result('a'),
  ],
  [
    'a long name',
    'call-name',
    '/messages/1/tool_calls/0/function/name',
    user,
    asks(call('a', { name: 'n'.repeat(65) })),
    result('a'),
  ],
  ...['', '{"a', '[1]', 'null', '"{}"'].map((text): Row => [
    `the arguments ${text}`,
    'call-input',
    '/messages/1/tool_calls/0/function/arguments',
    user,
    asks(call('a', { arguments: text })),
    result('a'),
  ]),
  [
    'arguments that are an object',
    'call-input',
    '/messages/1/tool_calls/0/function/arguments',
    user,
    asks(call('a', { arguments: {} })),
    result('a'),
  ],
  [
    'a custom call without name',
    'call-name',
    '/messages/1/tool_calls/0/custom/name',
    user,
    asks({ id: 'a', type: 'custom', custom: { input: '' } }),
    result('a'),
  ],
  [
    'a custom call without input',
    'call-input',
    '/messages/1/tool_calls/0/custom/input',
    user,
    asks({ id: 'a', type: 'custom', custom: { name: 'sh' } }),
    result('a'),
  ],
  ['no result at the end', 'result-missing', '/messages/1/tool_calls/0', user, asks(call('a'))],
  [
    'no result of one of two',
    'result-missing',
    '/messages/1/tool_calls/1',
    user,
    asks(call('a'), call('b')),
    result('a'),
    answer,
  ],
  ['a result of nothing', 'result-orphan', '/messages/1', user, result('a')],
  [
    'a result of another id',
    'result-orphan',
    '/messages/3',
    user,
    asks(call('a')),
    result('a'),
    result('b'),
  ],
  [
    'a result without id',
    'result-orphan',
    '/messages/3',
    user,
    asks(call('a')),
    result('a'),
    result(undefined),
  ],
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
    'a result of an image',
    'result-content',
    '/messages/2/content/0',
    user,
    asks(call('a')),
    result('a', [{ type: 'image_url' }]),
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
  expect(validate({ messages })).toEqual([
    { rule, path, problem: expect.stringMatching(/^[A-Z"].*\.$/) },
  ])
})

test('a result behind a message of the person is too late', () => {
  const messages = [user, asks(call('a')), user, result('a')]
  expect(validate({ messages }).map(({ rule, path }) => [rule, path])).toEqual([
    ['result-missing', '/messages/1/tool_calls/0'],
    ['result-orphan', '/messages/3'],
  ])
})

describe('what one server refuses', () => {
  const asked = (id: string) => [user, asks(call(id)), result(id)]
  const table: readonly (readonly [
    flavor: string,
    rule: string,
    path: string,
    messages: readonly unknown[],
  ])[] = [
    ['openai', 'call-id', '/messages/1/tool_calls/0/id', asked('c'.repeat(41))],
    ['azure', 'call-id', '/messages/1/tool_calls/0/id', asked('c'.repeat(41))],
    [
      'openai',
      'media',
      '/messages/0/content/0',
      [
        {
          role: 'user',
          content: [{ type: 'file', file: { file_data: 'https://host.test/a.pdf' } }],
        },
      ],
    ],
    ['mistral', 'call-id', '/messages/1/tool_calls/0/id', asked('call_12345')],
    ['mistral', 'role-order', '/messages/3', [...asked('abcDEF123'), user]],
    ['mistral', 'role-order', '/messages/1', [user, answer]],
    [
      'kimi',
      'call-id',
      '/messages/1/tool_calls/0/id',
      [user, { ...asks(call('call_1')), reasoning_content: ' ' }, result('call_1')],
    ],
    ['kimi', 'state-missing', '/messages/1/reasoning_content', asked('functions.look:0')],
    ['deepseek', 'state-missing', '/messages/1/reasoning_content', asked('call_1')],
  ]

  test.each(table)('%s: %s', (flavor, rule, path, messages) => {
    expect(validate({ messages }, { flavor })).toMatchObject([{ rule, path }])
    expect(validate({ messages })).toEqual([])
    expect(validate({ messages }, { flavor: 'constructor' })).toEqual([])
  })

  test('each takes its own', () => {
    expect(validate({ messages: asked('c'.repeat(40)) }, { flavor: 'openai' })).toEqual([])
    const bridged = [...asked('abcDEF123'), answer, user, { ...answer, prefix: true }]
    expect(validate({ messages: bridged }, { flavor: 'mistral' })).toEqual([])
    const reasoned = { ...asks(call('functions.look:0')), reasoning_content: 'Hm' }
    const kimi = [user, reasoned, result('functions.look:0')]
    expect(validate({ messages: kimi }, { flavor: 'kimi' })).toEqual([])
  })
})

test('whatever is no request is refused, and nothing throws', () => {
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
    expect(validate(body).length).toBeGreaterThan(0)
})
