import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { defineTool } from 'toolwire'
import { fromLanguageModel } from 'toolwire/interop/ai-sdk'
import { createToolServer } from 'toolwire/server'
import * as z from 'zod'

const provider = createOpenAICompatible({
  name: 'local',
  baseURL: process.env['MODEL_URL'] ?? 'http://127.0.0.1:8080/v1',
  includeUsage: true,
})

const price = defineTool({
  name: 'price',
  description: 'What an item costs.',
  inputSchema: z.object({ item: z.string() }),
  readOnly: true,
  execute: ({ item }) => `A ${item} costs 12.`,
})

const model = fromLanguageModel(provider('any-model'), {
  settings: { temperature: 0, providerOptions: { local: { reasoningEffort: 'low' } } },
  onWarning: (warning) => console.warn(warning),
})

const { text } = await createToolServer({ model, tools: [price] }).run({ message: 'A door?' })
  .result
console.log(text)
