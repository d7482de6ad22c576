import { expect, test } from 'vitest'
import { historyValidators } from '../../src/testing/index.ts'

const validate = historyValidators.gemini

const user = { role: 'user', parts: [{ text: 'Go' }] }
const says = (...parts: readonly unknown[]) => ({ role: 'model', parts })
const tells = (...parts: readonly unknown[]) => ({ role: 'user', parts })
const call = (more: object = {}, beside: object = { thoughtSignature: 'S' }) => ({
  functionCall: { name: 'look', args: {}, ...more },
  ...beside,
})
const unsigned = (more: object = {}) => call(more, {})
const result = (more: object = {}) => ({
  functionResponse: { name: 'look', response: { output: 'seen' }, ...more },
})
const png = { inlineData: { mimeType: 'image/png', data: 'QUJD' } }

test('a history that the server takes has no problems', () => {
  const contents = [
    user,
    user,
    says(
      { text: 'Hm', thought: true },
      { text: '', thoughtSignature: 'S' },
      call(),
      unsigned({ name: 'a.b:c' }),
    ),
    tells(result({ name: 'a.b:c' }), result({ parts: [png] })),
    says(call({ id: 'x', args: undefined })),
    tells(result({ id: 'x' })),
    says(
      { executableCode: { language: 'PYTHON', code: '1' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK' } },
      { text: 'Done.' },
    ),
    tells({ inline_data: { mime_type: 'image/png', data: 'QUJD' } }),
    says({ function_call: { name: 'look' }, thought_signature: 'S' }),
    tells({ function_response: { name: 'look', response: {} } }),
    tells({ text: 'See:' }, png, { fileData: { mimeType: 'image/png', fileUri: 'gs://bucket/a' } }),
  ]
  expect(validate({ contents })).toEqual([])
})

type Row = readonly [what: string, rule: string, path: string, ...contents: unknown[]]

const rows: readonly Row[] = [
  ['nothing', 'content-empty', '/contents'],
  [
    'a role of another format',
    'role',
    '/contents/0/role',
    { role: 'assistant', parts: [{ text: 'Hi' }] },
  ],
  ['the model first', 'role-order', '/contents/0', says({ text: 'Hi' }), user],
  ['the model last', 'role-order', '/contents/1', user, says({ text: 'Hi' })],
  [
    'the model twice',
    'role-order',
    '/contents/2',
    user,
    says({ text: 'Hi' }),
    says({ text: 'Hm' }),
    user,
  ],
  ['no parts', 'content-empty', '/contents/0/parts', tells()],
  ['an empty text', 'content-empty', '/contents/0/parts/0', tells({ text: '' })],
  ['an empty part', 'shape', '/contents/0/parts/0', tells({})],
  ['a part of two kinds', 'shape', '/contents/0/parts/0', tells({ text: 'Hi', ...png })],
  [
    'data without type',
    'media',
    '/contents/0/parts/0/inlineData/mimeType',
    tells({ inlineData: { data: 'AA==' } }),
  ],
  [
    'data that is none',
    'media',
    '/contents/0/parts/0',
    tells({ inlineData: { mimeType: 'image/png', data: '' } }),
  ],
  [
    'an address that is data',
    'media',
    '/contents/0/parts/0',
    tells({ fileData: { mimeType: 'text/csv', fileUri: 'data:,a' } }),
  ],
  [
    'a name that begins with a digit',
    'call-name',
    '/contents/1/parts/0/functionCall/name',
    user,
    says(call({ name: '9' })),
    tells(result({ name: '9' })),
  ],
  [
    'a long name',
    'call-name',
    '/contents/1/parts/0/functionCall/name',
    user,
    says(call({ name: 'n'.repeat(129) })),
    tells(result({ name: 'n'.repeat(129) })),
  ],
  [
    'arguments that are a text',
    'call-input',
    '/contents/1/parts/0/functionCall/args',
    user,
    says(call({ args: '{}' })),
    tells(result()),
  ],
  [
    'a signature in the call',
    'shape',
    '/contents/1/parts/0/functionCall/thoughtSignature',
    user,
    says(call({ thoughtSignature: 'S' })),
    tells(result()),
  ],
  [
    'no signature',
    'state-missing',
    '/contents/1/parts/0/thoughtSignature',
    user,
    says(unsigned()),
    tells(result()),
  ],
  [
    'a signature on the second call alone',
    'state-missing',
    '/contents/1/parts/0/thoughtSignature',
    user,
    says(unsigned(), call()),
    tells(result(), result()),
  ],
  [
    'no signature in the second step',
    'state-missing',
    '/contents/3/parts/0/thoughtSignature',
    user,
    says(call()),
    tells(result()),
    says(unsigned()),
    tells(result()),
  ],
  [
    'no result of one of two',
    'result-missing',
    '/contents/1/parts/1/functionCall',
    user,
    says(call(), unsigned()),
    tells(result()),
  ],
  [
    'a result too many',
    'result-orphan',
    '/contents/2/parts/1/functionResponse',
    user,
    says(call()),
    tells(result(), result()),
  ],
  [
    'a result of nothing',
    'result-orphan',
    '/contents/1/parts/0/functionResponse',
    user,
    tells(result()),
  ],
  [
    'a response that is a text',
    'result-content',
    '/contents/2/parts/0/functionResponse/response',
    user,
    says(call()),
    tells(result({ response: 'seen' })),
  ],
  [
    'a text beside results',
    'result-order',
    '/contents/2',
    user,
    says(call()),
    tells(result(), { text: 'And?' }),
  ],
  [
    'an image beside results',
    'result-order',
    '/contents/2',
    user,
    says(call()),
    tells(result(), png),
  ],
  [
    'an empty image in a result',
    'media',
    '/contents/2/parts/0/functionResponse/parts/0',
    user,
    says(call()),
    tells(result({ parts: [{ inlineData: { mimeType: 'image/png', data: '' } }] })),
  ],
]

test.each(rows)('%s is refused', (_, rule, path, ...contents) => {
  const problem = expect.stringMatching(/^[A-Z"].*\.$/)
  expect(validate({ contents })).toEqual([{ rule, path, problem }])
})

const found = (contents: readonly unknown[], flavor?: string) =>
  validate({ contents }, { flavor }).map(({ rule, path }) => [rule, path])

test('calls come directly behind a content of the user', () => {
  expect(found([says(call()), tells(result())])).toEqual([['role-order', '/contents/0']])
  expect(found([user, says({ text: 'Hi' }), says(call()), tells(result())])).toEqual([
    ['role-order', '/contents/2'],
  ])
})

test('a result belongs to the call with its name and its id', () => {
  const wrong = [
    [call(), result({ name: 'other' })],
    [call({ id: 'a' }), result({ id: 'b' })],
    [call({ id: 'a' }), result()],
    [call(), result({ id: 'a' })],
  ] as const
  for (const [asked, answered] of wrong)
    expect(found([user, says(asked), tells(answered)])).toEqual([
      ['result-missing', '/contents/1/parts/0/functionCall'],
      ['result-orphan', '/contents/2/parts/0/functionResponse'],
    ])
  expect(found([user, says(call()), user, tells(result())])).toEqual([
    ['result-missing', '/contents/1/parts/0/functionCall'],
    ['result-orphan', '/contents/3/parts/0/functionResponse'],
  ])
})

test('calls of the model and results of the user stand in their own contents', () => {
  expect(found([user, tells(unsigned()), tells(result())])).toEqual([
    ['content-kind', '/contents/1/parts/0'],
  ])
  expect(found([user, says(call()), says(result()), user])).toEqual([
    ['role-order', '/contents/2'],
    ['content-kind', '/contents/2/parts/0'],
  ])
})

test('signatures are asked for in the turn that is under way, and by Gemini 3 alone', () => {
  const before = [user, says(unsigned()), tells(result()), says({ text: 'Hi' })]
  expect(found([...before, user])).toEqual([])
  expect(found([...before, user, says(unsigned()), tells(result())])).toEqual([
    ['state-missing', '/contents/5/parts/0/thoughtSignature'],
  ])
  const open = [user, says(unsigned()), tells(result())]
  expect(found(open, 'gemini-2')).toEqual([])
  expect(found([user, says(unsigned()), tells(result({ parts: [png] }))], 'gemini-2')).toEqual([
    ['result-content', '/contents/2/parts/0/functionResponse/parts'],
  ])
})

test('whatever is no request is refused, and nothing throws', () => {
  for (const body of [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { contents: {} },
    { contents: [null, 1, []] },
  ])
    expect(validate(body).length).toBeGreaterThan(0)
})
