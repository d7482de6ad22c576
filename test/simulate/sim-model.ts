import type { Model, ModelEvent, ModelRequest } from '../../src/ports/index.ts'
import { type Message, isTerminal } from '../../src/protocol/index.ts'
import type { SimClock } from './sim-clock.ts'
import { toolNames } from './sim-tools.ts'

/** A model that asks for tools at random, and looks at every history that it is given. */
export function simModel(clock: SimClock, report: (violation: string) => void): Model {
  let calls = 0
  return {
    id: 'sim',
    format: 'sim',
    async *stream({ messages }: ModelRequest): AsyncGenerator<ModelEvent> {
      checkHistory(messages, report)
      const { chance } = clock
      await clock.sleep(chance.between(5, 200))
      const steps = messages.length - 1 - messages.findLastIndex(({ role }) => role === 'user')
      const wanted = steps < 2 && chance.happens(0.8) ? chance.between(1, 3) : 0
      for (let n = 0; n < wanted; n++) {
        const toolName = chance.pick(toolNames)
        // A provider may use the same id again and again.
        const toolCallId = `call_${chance.between(0, 2)}_${n}`
        const input = { n: ++calls }
        yield { type: 'tool-input-start', toolCallId, toolName }
        await clock.sleep(chance.between(1, 50))
        const inputText = JSON.stringify(input)
        yield { type: 'tool-input-end', toolCallId, toolName, inputText, input }
      }
      if (wanted === 0) yield { type: 'text-delta', text: 'Done.' }
      yield {
        type: 'finish',
        reason: wanted > 0 ? 'tool-calls' : 'stop',
        rawReason: 'end',
        usage: {},
      }
    },
  }
}

/** Every call in a history that a model sees has its one result, and none comes twice. */
function checkHistory(messages: readonly Message[], report: (violation: string) => void): void {
  const ids = new Set<string>()
  for (const { parts } of messages)
    for (const part of parts) {
      if (part.type !== 'tool') continue
      if (!isTerminal(part.state))
        report(`history: "${part.toolCallId}" is "${part.state}" and the model is asked`)
      if (ids.has(part.toolCallId)) report(`history: "${part.toolCallId}" is there twice`)
      ids.add(part.toolCallId)
    }
}
