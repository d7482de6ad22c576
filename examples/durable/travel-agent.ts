// A model that needs no key: it books, has the card charged, and says what came of it.
import type { Model, ModelEvent, ModelRequest, ToolPart } from 'toolwire'
import { reached } from './witness.ts'

const asks = [
  { toolName: 'book_trip', input: { city: 'Lisbon' } },
  { toolName: 'charge_card', input: { euros: 120 } },
] as const

export const travelAgent: Model = {
  id: 'travel-agent',
  format: 'none',
  async *stream({ messages }: ModelRequest): AsyncIterable<ModelEvent> {
    const calls = messages
      .flatMap(({ parts }) => parts)
      .filter((part): part is ToolPart => part.type === 'tool')
    await reached(`asks the model, step ${calls.length + 1}`)
    const next = asks[calls.length]
    if (next) {
      const { toolName, input } = next
      const toolCallId = `call-${calls.length + 1}`
      yield { type: 'tool-input-start', toolCallId, toolName }
      yield {
        type: 'tool-input-end',
        toolCallId,
        toolName,
        inputText: JSON.stringify(input),
        input,
      }
    } else
      yield {
        type: 'text-delta',
        text: calls.map(({ toolName, state }) => `${toolName}: ${state}`).join(', '),
      }
    const reason = next ? 'tool-calls' : 'stop'
    yield { type: 'finish', reason, rawReason: reason, usage: {} }
  },
}
