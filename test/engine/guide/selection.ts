import { gemini } from '../../../src/models/gemini.ts'
import { openaiChat } from '../../../src/models/openai-chat.ts'
import { type ToolServer, createToolServer } from '../../../src/server/index.ts'

const small = openaiChat({ model: 'gpt-5-mini', apiKey: 'a-key' })
const large = gemini({ model: 'gemini-2.5-pro', apiKey: 'another-key' })

export const server: ToolServer = createToolServer({
  tools: [],
  selectModel({ needs, principal, steps }) {
    if (needs.images || needs.files) return large
    // A token is about four characters of English.
    if (needs.chars > 4 * 100_000) return large
    if (principal?.roles?.includes('trial')) return small
    return steps.length > 5 ? [large, small] : [small, large]
  },
})
