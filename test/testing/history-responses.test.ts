import { expect, test } from 'vitest'
import { historyValidators } from '../../src/testing/index.ts'

const validate = historyValidators['openai-responses']

const user = { role: 'user', content: 'Go' }
const call = (call_id: unknown, more: object = {}) => ({
  type: 'function_call',
  call_id,
  name: 'look',
  arguments: '{}',
  ...more,
})
const output = (call_id: unknown, more: object = {}) => ({
  type: 'function_call_output',
  call_id,
  output: 'seen',
  ...more,
})
const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'E' }
const answer = { role: 'assistant', content: 'Done.' }

test('a history that the server takes has no problems', () => {
  const input = [
    { role: 'developer', content: 'Be brief.' },
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: 'See:' },
        { type: 'input_image', image_url: 'data:image/png;base64,QUJD' },
        { type: 'input_image', file_id: 'file-1' },
        { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' },
        { type: 'input_file', file_url: 'https://host.test/a.pdf' },
      ],
    },
    { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm' }] },
    reasoning,
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'output_text', text: 'I look.', annotations: [] },
        { type: 'refusal', refusal: 'No.' },
      ],
    },
    { id: 'fc_1', ...call('a') },
    call('b', { arguments: '{"at": 1}' }),
    { type: 'custom_tool_call', call_id: 'c', name: 'sh', input: '' },
    { type: 'web_search_call', id: 'ws_1', status: 'completed' },
    { type: 'shell_call', id: 'sh_1', call_id: 's' },
    { type: 'shell_call_output', call_id: 's', output: [] },
    { type: 'tool_search_call', call_id: null },
    { type: 'tool_search_output', call_id: null },
    output('b', { output: [{ type: 'input_image', image_url: 'https://host.test/a.png' }] }),
    output('a', { output: '' }),
    { type: 'custom_tool_call_output', call_id: 'c', output: 'done' },
    // An id that the server used before.
    call('a'),
    output('a'),
    { type: 'program', id: 'cm_1', call_id: 'p' },
    call('d', { caller: { type: 'program', caller_id: 'p' } }),
    output('d'),
    { type: 'item_reference', id: 'msg_0' },
    answer,
    user,
  ]
  expect(validate({ input, store: false })).toEqual([])
  expect(validate({ input: 'Hi' })).toEqual([])
})

type Row = readonly [what: string, rule: string, path: string, ...input: unknown[]]

const said = (...content: readonly unknown[]) => ({ role: 'user', content })

const rows: readonly Row[] = [
  ['nothing', 'content-empty', '/input'],
  ['an unknown role', 'role', '/input/0/role', { role: 'tool', content: 'x' }],
  ['an empty message', 'content-empty', '/input/0/content', { role: 'user', content: '' }],
  ['an empty list', 'content-empty', '/input/0/content', said()],
  [
    'an empty text',
    'content-empty',
    '/input/0/content/0/text',
    said({ type: 'input_text', text: '' }),
  ],
  [
    'what the model says, by a person',
    'content-kind',
    '/input/0/content/0',
    said({ type: 'output_text', text: 'Hi' }),
  ],
  [
    'what a person says, by the model',
    'content-kind',
    '/input/1/content/0',
    user,
    { role: 'assistant', content: [{ type: 'input_text', text: 'Hi' }] },
  ],
  [
    'an empty refusal',
    'content-empty',
    '/input/1/content/0/refusal',
    user,
    { role: 'assistant', content: [{ type: 'refusal', refusal: '' }] },
  ],
  ['an image that is nowhere', 'media', '/input/0/content/0', said({ type: 'input_image' })],
  [
    'an image that is a PDF',
    'media',
    '/input/0/content/0',
    said({ type: 'input_image', image_url: 'data:application/pdf;base64,AA==' }),
  ],
  [
    'a file that is nowhere',
    'media',
    '/input/0/content/0',
    said({ type: 'input_file', filename: 'a' }),
  ],
  [
    'a file that is base64 alone',
    'media',
    '/input/0/content/0/file_data',
    said({ type: 'input_file', filename: 'a', file_data: 'AA==' }),
  ],
  [
    'a file without name',
    'media',
    '/input/0/content/0/filename',
    said({ type: 'input_file', file_data: 'data:text/csv;base64,AA==' }),
  ],
  ['an item that says not what it is', 'shape', '/input/1/type', user, { text: 'Hi' }],
  [
    'an id of an item twice',
    'call-id-used',
    '/input/2/id',
    user,
    { ...answer, id: 'msg_1' },
    { ...answer, id: 'msg_1' },
  ],
  [
    'reasoning without summary',
    'shape',
    '/input/1/summary',
    user,
    { type: 'reasoning', encrypted_content: 'E' },
    answer,
  ],
  ['reasoning at the end', 'state-alone', '/input/1', user, reasoning],
  ['reasoning before a person', 'state-alone', '/input/1', user, reasoning, user],
  [
    'reasoning before an output',
    'state-alone',
    '/input/2',
    user,
    call('a'),
    reasoning,
    output('a'),
  ],
  [
    'reasoning that nobody kept',
    'state-missing',
    '/input/1',
    user,
    { type: 'reasoning', id: 'rs_1', summary: [] },
    answer,
  ],
  ['no call id', 'call-id', '/input/1/call_id', user, call(''), output('')],
  [
    'a long call id',
    'call-id',
    '/input/1/call_id',
    user,
    call('c'.repeat(65)),
    output('c'.repeat(65)),
  ],
  ['a call id twice', 'call-id-used', '/input/2/call_id', user, call('a'), call('a'), output('a')],
  [
    'a name with a dot',
    'call-name',
    '/input/1/name',
    user,
    call('a', { name: 'page.edit' }),
    output('a'),
  ],
  [
    'a long name',
    'call-name',
    '/input/1/name',
    user,
    call('a', { name: 'n'.repeat(65) }),
    output('a'),
  ],
  ...['', '{"a', '[1]', 'null'].map((text): Row => [
    `the arguments ${text}`,
    'call-input',
    '/input/1/arguments',
    user,
    call('a', { arguments: text }),
    output('a'),
  ]),
  [
    'arguments that are an object',
    'call-input',
    '/input/1/arguments',
    user,
    call('a', { arguments: {} }),
    output('a'),
  ],
  [
    'a custom call without input',
    'call-input',
    '/input/1/input',
    user,
    { type: 'custom_tool_call', call_id: 'a', name: 'sh' },
    { type: 'custom_tool_call_output', call_id: 'a', output: '' },
  ],
  ['no output at the end', 'result-missing', '/input/1', user, call('a')],
  [
    'no output of one of two',
    'result-missing',
    '/input/2',
    user,
    call('a'),
    call('b'),
    output('a'),
    answer,
  ],
  [
    'no output of a tool of the server',
    'result-missing',
    '/input/1',
    user,
    { type: 'shell_call', call_id: 's' },
    answer,
  ],
  [
    'no output of a program',
    'result-missing',
    '/input/1',
    user,
    { type: 'program', call_id: 'p' },
    answer,
  ],
  ['an output of nothing', 'result-orphan', '/input/1', user, output('a')],
  [
    'an output without id',
    'result-orphan',
    '/input/3',
    user,
    call('a'),
    output('a'),
    output(undefined),
  ],
  [
    'an output before its call',
    'result-orphan',
    '/input/1',
    user,
    output('a'),
    call('a'),
    output('a'),
  ],
  ['an output twice', 'result-twice', '/input/3', user, call('a'), output('a'), output('a')],
  [
    'an output that is an object',
    'result-content',
    '/input/2/output',
    user,
    call('a'),
    output('a', { output: {} }),
  ],
  [
    'an empty output list',
    'content-empty',
    '/input/2/output',
    user,
    call('a'),
    output('a', { output: [] }),
  ],
  [
    'an output of what the model says',
    'content-kind',
    '/input/2/output/0',
    user,
    call('a'),
    output('a', { output: [{ type: 'output_text', text: 'Hi' }] }),
  ],
]

test.each(rows)('%s is refused', (_, rule, path, ...input) => {
  const problem = expect.stringMatching(/^[A-Z"].*\.$/)
  expect(validate({ input, store: false })).toEqual([{ rule, path, problem }])
})

test('an output of another kind is none', () => {
  const input = [user, call('a'), { type: 'custom_tool_call_output', call_id: 'a', output: '' }]
  expect(validate({ input }).map(({ rule }) => rule)).toEqual(['result-orphan', 'result-missing'])
})

test('an output behind a message of the person is too late', () => {
  const input = [user, call('a'), user, output('a')]
  expect(validate({ input }).map(({ rule, path }) => [rule, path])).toEqual([
    ['result-missing', '/input/1'],
    ['result-orphan', '/input/3'],
  ])
})

test('a server that keeps answers knows reasoning by its id', () => {
  const input = [user, { type: 'reasoning', id: 'rs_1', summary: [] }, answer]
  expect(validate({ input, store: true })).toEqual([])
  expect(validate({ input })).toEqual([])
})

test('whatever is no request is refused, and nothing throws', () => {
  for (const body of [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { input: '' },
    { input: {} },
    { input: [null, 1, []] },
  ])
    expect(validate(body).length).toBeGreaterThan(0)
})
