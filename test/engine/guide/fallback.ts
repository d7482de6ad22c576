import { anthropic } from '../../../src/models/anthropic.ts'
import { gemini } from '../../../src/models/gemini.ts'
import { type ToolServer, createToolServer } from '../../../src/server/index.ts'

export const server: ToolServer = createToolServer({
  model: [
    // Who has another model to ask need not wait for this one.
    anthropic({ model: 'claude-sonnet-4-5', apiKey: 'a-key', retry: { attempts: 1 } }),
    gemini({ model: 'gemini-2.5-pro', apiKey: 'another-key' }),
  ],
  tools: [],
  onError: ({ modelId, error }) => console.error(modelId, error),
})
