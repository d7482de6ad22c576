import { generateText, isStepCount, tool } from 'ai'
import { toLanguageModel } from 'toolwire/interop/ai-sdk'
import { openaiChat } from 'toolwire/models/openai-chat'
import * as z from 'zod'

const model = toLanguageModel(
  openaiChat({
    model: 'any-model',
    baseURL: process.env['MODEL_URL'] ?? 'http://127.0.0.1:8080/v1',
  }),
)

const { text } = await generateText({
  model,
  prompt: 'A door?',
  tools: {
    price: tool({
      description: 'What an item costs.',
      inputSchema: z.object({ item: z.string() }),
      execute: async ({ item }) => `A ${item} costs 12.`,
    }),
  },
  stopWhen: isStepCount(5),
  maxRetries: 0,
  providerOptions: { toolwire: { seed: 7 } },
})
console.log(text)
