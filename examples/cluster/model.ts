import { setTimeout } from 'node:timers/promises'
import type { Model, ModelRequest } from 'toolwire'
import { type ScriptStep, scriptedModel } from 'toolwire/testing'

/** How a turn ends that came to its end. */
export const lastWords = 'The door is painted.'

const script = scriptedModel((request, { step }) => stepsFor(doorOf(request))[step] ?? {}, {
  record: false,
})

/** A model of three steps that needs no network, and writes slowly enough for a plug to be pulled in the middle. */
export const painter: Model = {
  id: 'painter',
  format: 'none',
  async *stream(request) {
    for await (const event of script.stream(request)) {
      if (event.type === 'text-delta') await setTimeout(60, undefined, { signal: request.signal })
      yield event
    }
  },
}

function stepsFor(door: string): readonly ScriptStep[] {
  const input = { door }
  return [
    {
      text: 'I look which colour it has, and take paint from the shelf.',
      toolCalls: [
        { toolName: 'look_up', input },
        { toolName: 'reserve', input },
      ],
    },
    { text: 'Now I paint it.', toolCalls: [{ toolName: 'paint', input }] },
    { text: lastWords },
  ]
}

/** What the user wants painted: the whole of the last message. */
function doorOf({ messages }: ModelRequest): string {
  const parts = messages.findLast(({ role }) => role === 'user')?.parts ?? []
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
