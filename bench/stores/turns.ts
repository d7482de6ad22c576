import * as z from 'zod'
import { type ToolServerOptions, createToolServer } from '../../src/server/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'

const stock = defineTool({
  name: 'stock',
  description: 'Looks up what is in stock.',
  inputSchema: z.object({ article: z.string() }),
  readOnly: true,
  execute: ({ article }) => ({ article, found: 3, places: ['Aachen', 'Bonn'.repeat(50)] }),
})

const words = 'Of these we have three in stock, in two of our places. '.repeat(4)

/** The model asks one tool of the server, gets its result, and answers. */
const model = scriptedModel(
  (_, { step }) =>
    step === 0
      ? { text: 'Let me see.', toolCalls: [{ toolName: 'stock', input: { article: 'shoes' } }] }
      : { text: words, deltaChars: 40 },
  { record: false },
)

export const person = { id: 'me' }
export const question = 'Have you got these shoes in my size, and where can I try them on?'

export function shop(options: Pick<ToolServerOptions, 'store' | 'broker'>) {
  return createToolServer({
    ...options,
    model,
    tools: [stock],
    authenticate: () => person,
    onError({ error }) {
      throw error
    },
  })
}

/** One turn, to its end. */
export async function turn(
  server: Pick<ReturnType<typeof shop>, 'run'>,
  conversationId: string,
): Promise<void> {
  const run = server.run({ conversationId, message: question, principal: person })
  const { text } = await run.result
  if (text !== words) throw new Error(`A turn ended with "${text}".`)
}
