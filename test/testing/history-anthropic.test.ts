import { describe, expect, test } from 'vitest'
import { historyValidators } from '../../src/testing/index.ts'

const validate = historyValidators.anthropic

const text = (said: string) => ({ type: 'text', text: said })
const user = { role: 'user', content: 'Go' }
const says = (...content: readonly unknown[]) => ({ role: 'assistant', content })
const tells = (...content: readonly unknown[]) => ({ role: 'user', content })
const use = (id: unknown, more: object = {}) => ({
  type: 'tool_use',
  id,
  name: 'look',
  input: {},
  ...more,
})
const result = (tool_use_id: unknown, more: object = {}) => ({
  type: 'tool_result',
  tool_use_id,
  content: 'seen',
  ...more,
})
const thinking = { type: 'thinking', thinking: 'Hm', signature: 'S' }
const search = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }
const searched = { type: 'web_search_tool_result', tool_use_id: 's', content: [] }
const png = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } }

const body = (messages: unknown, more: object = {}) => ({ max_tokens: 9, messages, ...more })

test('a history that the server takes has no problems', () => {
  const messages = [
    user,
    user,
    says(thinking, { type: 'redacted_thinking', data: 'R' }, text('I look.'), use('a'), use('b')),
    tells(
      result('b', { content: [text('seen'), png] }),
      result('a', { is_error: true }),
      text('And?'),
    ),
    says({ ...thinking, thinking: '' }, use('c')),
    tells(result('c', { content: '' })),
    says(search, searched, text('Found.')),
    { role: 'assistant', content: 'Yes.' },
    tells(
      png,
      { type: 'image', source: { type: 'url', url: 'https://host.test/a.png' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AA==' } },
      { type: 'search_result', source: 'x' },
      text('See.'),
    ),
  ]
  expect(validate(body(messages))).toEqual([])
})

type Row = readonly [what: string, rule: string, path: string, ...messages: unknown[]]

const rows: readonly Row[] = [
  ['nothing', 'content-empty', '/messages'],
  ['a system message', 'role', '/messages/1/role', user, { role: 'system', content: 'x' }, user],
  ['an answer first', 'role-order', '/messages/0', says(text('Hi')), user],
  ['an empty text', 'content-empty', '/messages/0/content', { role: 'user', content: '' }],
  ['a blank text', 'content-empty', '/messages/0/content', { role: 'user', content: ' \n' }],
  ['an empty list', 'content-empty', '/messages/1/content', user, says(), user],
  ['a blank text block', 'content-empty', '/messages/0/content/0', tells(text(' '))],
  ['a block that says not what it is', 'shape', '/messages/0/content/0/type', tells({})],
  ['an image of the model', 'content-kind', '/messages/1/content/0', user, says(png), user],
  ['thinking of a person', 'content-kind', '/messages/0/content/0', tells(thinking, text('Hi'))],
  [
    'an image of another type',
    'media',
    '/messages/0/content/0/source/media_type',
    tells({ type: 'image', source: { type: 'base64', media_type: 'image/tiff', data: 'AA==' } }),
  ],
  [
    'a document of another type',
    'media',
    '/messages/0/content/0/source/media_type',
    tells({ type: 'document', source: { type: 'base64', media_type: 'text/csv', data: 'AA==' } }),
  ],
  [
    'an image without data',
    'media',
    '/messages/0/content/0/source/data',
    tells({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: '' } }),
  ],
  [
    'an image without address',
    'media',
    '/messages/0/content/0/source/url',
    tells({ type: 'image', source: { type: 'url' } }),
  ],
  [
    'a document without text',
    'content-empty',
    '/messages/0/content/0/source/data',
    tells({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: '' } }),
  ],
  ['an image that is nowhere', 'shape', '/messages/0/content/0/source', tells({ type: 'image' })],
  [
    'thinking without signature',
    'state-missing',
    '/messages/1/content/0/signature',
    user,
    says({ ...thinking, signature: '' }, text('Hi')),
    user,
  ],
  [
    'thinking without thought',
    'shape',
    '/messages/1/content/0/thinking',
    user,
    says({ type: 'thinking', signature: 'S' }, text('Hi')),
    user,
  ],
  [
    'redacted thinking without data',
    'state-missing',
    '/messages/1/content/0/data',
    user,
    says({ type: 'redacted_thinking' }, text('Hi')),
    user,
  ],
  [
    'an id with a dot',
    'call-id',
    '/messages/1/content/0/id',
    user,
    says(use('a.b')),
    tells(result('a.b')),
  ],
  ['no id', 'call-id', '/messages/1/content/0/id', user, says(use('')), tells(result(''))],
  [
    'an id twice in a message',
    'call-id-used',
    '/messages/1/content/1/id',
    user,
    says(use('a'), use('a')),
    tells(result('a')),
  ],
  [
    'an id twice in a request',
    'call-id-used',
    '/messages/3/content/0/id',
    user,
    says(use('a')),
    tells(result('a')),
    says(use('a')),
    tells(result('a')),
  ],
  [
    'a name with a dot',
    'call-name',
    '/messages/1/content/0/name',
    user,
    says(use('a', { name: 'a.b' })),
    tells(result('a')),
  ],
  [
    'a long name',
    'call-name',
    '/messages/1/content/0/name',
    user,
    says(use('a', { name: 'n'.repeat(129) })),
    tells(result('a')),
  ],
  ...[undefined, null, '{}', []].map((input): Row => [
    `the input ${JSON.stringify(input)}`,
    'call-input',
    '/messages/1/content/0/input',
    user,
    says(use('a', { input })),
    tells(result('a')),
  ]),
  [
    'a call of a person',
    'content-kind',
    '/messages/0/content/0',
    tells(use('a')),
    tells(result('a')),
  ],
  ['no result at the end', 'result-missing', '/messages/1/content/0', user, says(use('a'))],
  [
    'no result of one of two',
    'result-missing',
    '/messages/1/content/1',
    user,
    says(use('a'), use('b')),
    tells(result('a')),
  ],
  ['a result of nothing', 'result-orphan', '/messages/0/content/0', tells(result('a'))],
  [
    'a result twice',
    'result-twice',
    '/messages/2/content/1',
    user,
    says(use('a')),
    tells(result('a'), result('a')),
  ],
  [
    'a result behind a text',
    'result-order',
    '/messages/2/content/1',
    user,
    says(use('a')),
    tells(text('Hm'), result('a')),
  ],
  [
    'a result that is an object',
    'result-content',
    '/messages/2/content/0/content',
    user,
    says(use('a')),
    tells(result('a', { content: {} })),
  ],
  [
    'an error of an image',
    'result-content',
    '/messages/2/content/0/content/0',
    user,
    says(use('a')),
    tells(result('a', { is_error: true, content: [png] })),
  ],
  [
    'a result in a result',
    'result-content',
    '/messages/2/content/0/content/0',
    user,
    says(use('a')),
    tells(result('a', { content: [result('b')] })),
  ],
  [
    'a blank text in a result',
    'content-empty',
    '/messages/2/content/0/content/0',
    user,
    says(use('a')),
    tells(result('a', { content: [text('')] })),
  ],
  [
    'a result of a server tool without its use',
    'result-orphan',
    '/messages/1/content/0',
    user,
    says(searched, text('Hi')),
    user,
  ],
  [
    'a result of a server tool before its use',
    'result-orphan',
    '/messages/1/content/0',
    user,
    says(searched, search),
  ],
  [
    'a server tool without result',
    'result-missing',
    '/messages/1/content/0',
    user,
    says(search, text('Hi')),
    user,
  ],
  [
    'a server tool whose turn a person ended',
    'result-missing',
    '/messages/1/content/0',
    user,
    says(search, use('a')),
    tells(result('a'), text('Stop')),
  ],
  ['an answer last', 'role-order', '/messages/1', user, says(text('Hi'))],
  [
    'an answer last, as a text',
    'role-order',
    '/messages/1',
    user,
    { role: 'assistant', content: 'Hi' },
  ],
]

test.each(rows)('%s is refused', (_, rule, path, ...messages) => {
  const problem = expect.stringMatching(/^[A-Z"].*\.$/)
  expect(validate(body(messages))).toEqual([{ rule, path, problem }])
})

const found = (messages: unknown, more: object = {}, options = {}) =>
  validate(body(messages, more), options).map(({ rule, path }) => [rule, path])

test('results in two messages, and behind another message, are not where the server looks', () => {
  const split = [user, says(use('a'), use('b')), tells(result('a')), tells(result('b'))]
  expect(found(split)).toEqual([
    ['result-missing', '/messages/1/content/1'],
    ['result-orphan', '/messages/3/content/0'],
  ])
  const late = [user, says(use('a')), says(text('Hm')), tells(result('a'))]
  expect(found(late)).toEqual([
    ['result-missing', '/messages/1/content/0'],
    ['result-orphan', '/messages/3/content/0'],
  ])
})

test('a server tool may be under way while the server waits', () => {
  expect(found([user, says(search)])).toEqual([])
  expect(found([user, says(search, use('a')), tells(result('a'))])).toEqual([])
  expect(
    found([user, says(search, use('a')), tells(result('a')), says(searched, text('Hi')), user]),
  ).toEqual([])
  const code = { type: 'server_tool_use', id: 's', name: 'code_execution', input: {} }
  const caller = { type: 'code_execution_1', tool_id: 's' }
  expect(
    found([user, says(code, use('a', { caller })), tells(result('a')), says(text('Hi')), user]),
  ).toEqual([])
})

test('what ends a request that goes on with an answer is neither thinking nor blank', () => {
  const prefill = { flavor: 'prefill' }
  expect(found([user, says(text('Hi'))], {}, prefill)).toEqual([])
  expect(found([user, says(text('Hi '))], {}, prefill)).toEqual([['content-empty', '/messages/1']])
  expect(found([user, { role: 'assistant', content: 'Hi\n' }], {}, prefill)).toEqual([
    ['content-empty', '/messages/1'],
  ])
  expect(found([user, says(text('Hi'), thinking)], {}, prefill)).toEqual([
    ['state-alone', '/messages/1/content/1'],
  ])
  expect(found([user, says(thinking), user])).toEqual([])
})

describe('with thinking enabled', () => {
  const on = { thinking: { type: 'enabled', budget_tokens: 1024 } }
  const missing = (path: string) => [['state-missing', path]]

  test('an answer that is under way begins with it', () => {
    const loop = [user, says(use('a')), tells(result('a'))]
    expect(found(loop, on)).toEqual(missing('/messages/1/content/0'))
    expect(found(loop)).toEqual([])
    expect(found(loop, { thinking: { type: 'adaptive' } })).toEqual([])
    expect(found([user, says(thinking, use('a')), tells(result('a'))], on)).toEqual([])
    expect(found([user, says(use('a')), tells(result('a'), text('And?'))], on)).toEqual(
      missing('/messages/1/content/0'),
    )
  })

  test('only the first message since a person spoke counts', () => {
    const begun = [
      user,
      says(thinking, use('a')),
      tells(result('a')),
      says(use('b')),
      tells(result('b')),
    ]
    expect(found(begun, on)).toEqual([])
    const again = [...begun, says(text('Hi')), user, says(text('Hm'), use('c')), tells(result('c'))]
    expect(found(again, on)).toEqual(missing('/messages/7/content/0'))
    expect(found([...begun, says(text('Hi')), user], on)).toEqual([])
  })
})

test('a request without limit is refused', () => {
  expect(validate({ messages: [user] })).toMatchObject([{ rule: 'shape', path: '/max_tokens' }])
})

test('whatever is no request is refused, and nothing throws', () => {
  for (const any of [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { messages: {} },
    { messages: [null, 1, []] },
  ])
    expect(validate(any).length).toBeGreaterThan(0)
})
