import { defineTool } from 'toolwire'
import { createToolServer } from 'toolwire/server'
import { scriptedModel } from 'toolwire/testing'
import * as z from 'zod'

const paint = defineTool({
  name: 'paint_door',
  description: 'Paints the door of the house.',
  inputSchema: z.object({ color: z.enum(['green', 'blue', 'red']) }),
  execute: ({ color }) => `The door is ${color} now.`,
})

// No key needed: the model is a script. Swap in openaiChat({ model, apiKey }) for a real one.
const model = scriptedModel([
  { toolCalls: [{ toolName: 'paint_door', input: { color: 'green' } }] },
  { text: 'Done. Your door is green.' },
])

const run = createToolServer({ model, tools: [paint] }).run({ message: 'Paint my door green!' })
for await (const event of run) {
  if (event.type === 'call') console.log(event.call.toolName, event.call.state)
  if (event.type === 'text-delta') process.stdout.write(event.text)
}
