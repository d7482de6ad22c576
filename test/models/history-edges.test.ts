// What histories come to when people interrupt, models change in the middle of a turn, or files hold nothing.
import { expect, test } from 'vitest'
import { anthropic } from '../../src/models/anthropic.ts'
import { gemini } from '../../src/models/gemini.ts'
import { type OpenAIChatOptions, openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import type { JsonObject } from '../../src/base/index.ts'
import type { FilePart, Message, ProviderStatePart } from '../../src/protocol/index.ts'
import { type Sent, assistant, call, sentBy, user } from './wire-history.ts'

type Wire = 'chat' | 'responses' | 'anthropic' | 'gemini'

const lists: Readonly<Record<Wire, string>> = {
  chat: 'messages',
  responses: 'input',
  anthropic: 'messages',
  gemini: 'contents',
}

interface Options {
  readonly flavor?: OpenAIChatOptions['flavor']
  readonly providerOptions?: JsonObject
  readonly model?: string
}

async function body(
  wire: Wire,
  messages: readonly Message[],
  options: Options = {},
): Promise<Sent> {
  const { flavor, providerOptions, model = 'm' } = options
  const sent = await sentBy(
    (fetch) => {
      if (wire === 'chat') return openaiChat({ model, fetch, ...(flavor && { flavor }) })
      if (wire === 'responses') return openaiResponses({ model, fetch })
      return wire === 'anthropic' ? anthropic({ model, fetch }) : gemini({ model, fetch })
    },
    { messages, ...(providerOptions && { providerOptions }) },
  )
  return sent.body
}

async function history(
  wire: Wire,
  messages: readonly Message[],
  options?: Options,
): Promise<readonly Sent[]> {
  return (await body(wire, messages, options))[lists[wire]] as Sent[]
}

const said = (text: string) => ({ type: 'text', text }) as const
const thinking: ProviderStatePart = {
  type: 'provider-state',
  format: 'anthropic',
  state: { type: 'thinking', thinking: 'Hm', signature: 'S' },
}

test('Mistral hears of an interruption where a person goes on behind results, or a model would end', async () => {
  const messages = [user('Go'), assistant([call('a')]), user('No, wait'), assistant([said('Well')])]
  const strict = await history('chat', messages, { flavor: 'mistral' })
  expect(strict.map(({ role, content }) => [role, content])).toEqual([
    ['user', 'Go'],
    ['assistant', null],
    ['tool', 'seen'],
    ['assistant', '[interrupted]'],
    ['user', 'No, wait'],
    ['assistant', 'Well'],
    ['user', 'Go on.'],
  ])
  const free = await history('chat', messages)
  expect(free.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user', 'assistant'])
})

test.each(['anthropic', 'gemini'] as const)(
  'what another model said is not the beginning of an answer of %s',
  async (wire) => {
    const last = async (model: string): Promise<unknown> => {
      const messages = [user('Go'), assistant([said('Well')], model)]
      return (await history(wire, messages)).at(-1)?.['role']
    }
    expect(await last('other:m')).toBe('user')
    // Behind calls their results are the last, and nothing else.
    const called = await history(wire, [user('Go'), assistant([call('a')], 'other:m')])
    expect(JSON.stringify(called.at(-1))).not.toContain('Go on.')
    expect(await last(`${wire}:m`)).not.toBe('user')
  },
)

test('Claude does not think in the middle of an answer that did not begin with thinking', async () => {
  const enabled = { thinking: { type: 'enabled', budget_tokens: 1024 } }
  const thinkingFor = async (messages: readonly Message[], providerOptions: JsonObject = enabled) =>
    (await body('anthropic', messages, { providerOptions }))['thinking']
  const thought = assistant([thinking, call('a')], 'anthropic:m')
  const other = assistant([call('b')], 'openai-chat:gpt')
  // Within one turn the model thinks once.
  const further = assistant([call('c')], 'anthropic:m')
  expect(await thinkingFor([user('Go'), thought])).toEqual(enabled.thinking)
  expect(await thinkingFor([user('Go'), thought, further])).toEqual(enabled.thinking)
  expect(await thinkingFor([user('Go'), other])).toEqual({ type: 'disabled' })
  expect(await thinkingFor([user('Go'), thought, user('And?'), other])).toEqual({
    type: 'disabled',
  })
  expect(await thinkingFor([user('Go'), other, assistant([said('Well')]), user('And?')])).toEqual(
    enabled.thinking,
  )
  // A person who goes on behind results stands in one message with them.
  expect(await thinkingFor([user('Go'), other, user('And?')])).toEqual({ type: 'disabled' })
  const adaptive = { thinking: { type: 'adaptive' } }
  expect(await thinkingFor([user('Go'), other], adaptive)).toEqual(adaptive.thinking)
  expect(await thinkingFor([user('Go'), other], {})).toBeUndefined()
})

const file = (mediaType: string, url: string, filename?: string): FilePart => ({
  type: 'file',
  mediaType,
  url,
  ...(filename !== undefined && { filename }),
})

test('data that is not base64 becomes so, and a file without data is told of', async () => {
  const [first] = await history('responses', [
    user(
      file('text/plain', 'data:text/plain,caf%C3%A9'),
      file('text/plain', 'data:,50%'),
      file('text/csv', 'data:text/csv;base64,', 'a.csv'),
    ),
  ])
  expect(first?.['content']).toEqual([
    {
      type: 'input_file',
      filename: 'file',
      file_data: `data:text/plain;base64,${btoa('caf\u00c3\u00a9')}`,
    },
    { type: 'input_file', filename: 'file', file_data: `data:text/plain;base64,${btoa('50%')}` },
    { type: 'input_text', text: '[text/csv "a.csv": an empty file]' },
  ])
  const empty = { type: 'image', mediaType: 'image/png', data: '' } as const
  const named = { type: 'file', mediaType: 'text/csv', data: '', filename: 'b.csv' } as const
  for (const wire of ['chat', 'responses', 'anthropic', 'gemini'] as const) {
    const messages = [user('Go'), assistant([call('a', { modelOutput: [empty, named] })])]
    expect(JSON.stringify(await history(wire, messages))).toContain(
      String.raw`[image/png: an empty file]\n[text/csv \"b.csv\": an empty file]`,
    )
  }
})

test('an address of a file is read as text where the server takes data only', async () => {
  const message = user(
    file('application/pdf', 'https://host.test/a.pdf', 'a.pdf'),
    file('application/pdf', 'data:application/pdf;base64,AA==', 'b.pdf'),
    file('image/png', 'https://host.test/a.png'),
  )
  const contentFor = async (flavor: 'openai' | 'openrouter'): Promise<unknown> =>
    (await history('chat', [message], { flavor }))[0]?.['content']
  const data = {
    type: 'file',
    file: { filename: 'b.pdf', file_data: 'data:application/pdf;base64,AA==' },
  }
  const image = { type: 'image_url', image_url: { url: 'https://host.test/a.png' } }
  expect(await contentFor('openai')).toEqual([
    said('[application/pdf "a.pdf" at https://host.test/a.pdf]'),
    data,
    image,
  ])
  expect(await contentFor('openrouter')).toEqual([
    { type: 'file', file: { filename: 'a.pdf', file_data: 'https://host.test/a.pdf' } },
    data,
    image,
  ])
})

test('ids of other models are ours on Responses, since theirs may be used twice', async () => {
  const twice = call('call_0_2', { providerToolCallId: 'call_0' })
  const idsFor = async (model: string): Promise<unknown> =>
    (
      await history('responses', [
        user('Go'),
        assistant([call('call_0')], model),
        assistant([twice], model),
      ])
    ).flatMap((item) => item['call_id'] ?? [])
  expect(await idsFor('openai-chat:m')).toEqual(['call_0', 'call_0', 'call_0_2', 'call_0_2'])
  expect(await idsFor('openai-responses:m')).toEqual(['call_0', 'call_0', 'call_0', 'call_0'])
})

test('the state of a call stays with its own call, where ids look alike', async () => {
  const state = (toolCallId: string, signature: string): ProviderStatePart => ({
    type: 'provider-state',
    format: 'gemini',
    toolCallId,
    state: { thoughtSignature: signature },
  })
  const [, contents] = await history('gemini', [
    user('Go'),
    assistant([
      call('x_2', { providerToolCallId: 'x' }),
      state('x', 'of x'),
      call('x_2_2', { providerToolCallId: 'x_2' }),
      state('x_2', 'of x_2'),
    ]),
  ])
  expect(contents?.['parts']).toMatchObject([
    { thoughtSignature: 'of x' },
    { thoughtSignature: 'of x_2' },
  ])
})
