import { expect, test } from 'vitest'
import * as z from 'zod'
import type { JsonObject } from '../../src/base/index.ts'
import { anthropic } from '../../src/models/anthropic.ts'
import { cohere } from '../../src/models/cohere.ts'
import { gemini } from '../../src/models/gemini.ts'
import { ollama } from '../../src/models/ollama.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import type { Model } from '../../src/ports/index.ts'
import { ToolRegistry, defineTool } from '../../src/tools/index.ts'
import { thrownBy } from '../tools/thrown.ts'
import { setup } from '../server/setup.ts'
import { sentBy } from './wire-history.ts'

type Fetch = typeof globalThis.fetch

const look = (providerOptions: Record<string, JsonObject>) =>
  defineTool({
    name: 'look',
    description: 'Looks.',
    inputSchema: z.object({ at: z.string() }),
    providerOptions,
  })

const adapters: Record<string, (fetch: Fetch) => Model> = {
  anthropic: (fetch) => anthropic({ model: 'm', fetch }),
  cohere: (fetch) => cohere({ model: 'm', fetch }),
  gemini: (fetch) => gemini({ model: 'm', fetch }),
  ollama: (fetch) => ollama({ model: 'm', fetch }),
  'openai-chat': (fetch) => openaiChat({ model: 'm', fetch }),
  'openai-responses': (fetch) => openaiResponses({ model: 'm', fetch }),
}

test.each(Object.entries(adapters))(
  'what a tool says for %s goes into its place in the request, and what it says for others does not',
  async (name, adapter) => {
    const { format } = adapter(() => Promise.reject(new Error('Nothing is sent.')))
    const tool = look({ [format]: { mark: `for ${name}` }, other: { mark: 'for another' } })
    const { body, text } = await sentBy(adapter, { tools: [tool.descriptor] })
    const [first] = body['tools'] as { functionDeclarations?: object[] }[]
    const [written = first] = first?.functionDeclarations ?? []
    expect(written).toMatchObject({ mark: `for ${name}` })
    expect(text).toContain('"look"')
    expect(text).not.toContain('for another')
  },
)

test('it joins what stands there already, deep within', async () => {
  const tool = look({ 'openai-chat': { mark: 'm', function: { strict: false } } })
  const { body } = await sentBy(adapters['openai-chat'] as (fetch: Fetch) => Model, {
    tools: [tool.descriptor],
  })
  expect(body['tools']).toMatchObject([{ mark: 'm', function: { name: 'look', strict: false } }])
})

test('it is part of the definition: in the catalogue, in the hash, and in what the model is asked', async () => {
  const [plain, marked] = [look({}), look({ anthropic: { mark: 'm' } })]
  const { tools } = new ToolRegistry([marked]).catalog()
  expect(tools).toMatchObject([{ providerOptions: { anthropic: { mark: 'm' } } }])
  expect(plain.descriptor.hash).not.toBe(marked.descriptor.hash)
  const rig = setup({
    steps: [{ text: 'Done.' }],
    clientTools: [defineTool({ ...optionsOf(marked), execute: () => 1 })],
  })
  await rig.say('Go.')
  expect(rig.model.requests[0]?.tools).toMatchObject([{ providerOptions: { anthropic: {} } }])
  await rig.end()
})

test('T-5 a client has no say in what goes to the provider', async () => {
  const marked = defineTool({ ...optionsOf(look({ anthropic: { mark: 'm' } })), execute: () => 1 })
  const rig = setup({ steps: [{ text: 'Done.' }], acceptTool: () => 'accept' })
  rig.client.tools.register(marked)
  await rig.say('Go.')
  expect(rig.model.requests[0]?.tools).toEqual([])
  expect(String(rig.errors.map((info) => ('error' in info ? info.error : '')))).toContain(
    'options for providers',
  )
  await rig.end()
})

test('options that are no objects are refused where the tool is defined', () => {
  const error = thrownBy(() => look({ anthropic: 'cache' as never }))
  expect(error).toMatchObject({ code: 'INVALID_TOOL', message: /"providerOptions"/ })
})

const optionsOf = ({ descriptor }: ReturnType<typeof look>) => ({
  name: descriptor.name,
  description: descriptor.description,
  inputSchema: z.object({ at: z.string() }),
  ...(descriptor.providerOptions && { providerOptions: descriptor.providerOptions }),
})
