import { setTimeout } from 'node:timers/promises'
import { type AnyTool, defineTool } from 'toolwire'
import * as z from 'zod'

const door = z.object({ door: z.string() })

/** Writes down that the call with this key began to run. */
export type NoteRun = (key: string) => void | Promise<void>

/** What the servers run: one tool that may run any number of times, and one whose call must not begin twice. */
export function serverTools(note: NoteRun): readonly AnyTool[] {
  const lookUp = defineTool({
    name: 'look_up',
    description: 'Looks up the colour of a door.',
    inputSchema: door,
    readOnly: true,
    execute: async (_, { signal }) => {
      await setTimeout(40, undefined, { signal })
      return 'green'
    },
  })
  const reserve = defineTool({
    name: 'reserve',
    description: 'Takes paint for a door from the shelf.',
    inputSchema: door,
    execute: async (input, { key, signal }) => {
      await note(key)
      await setTimeout(120, undefined, { signal })
      return `Paint for door ${input.door}.`
    },
  })
  return [lookUp, reserve]
}

/** What a client runs, with a `NoteRun` as its context. Its call must not begin twice either. */
export const paint: AnyTool = defineTool({
  name: 'paint',
  description: 'Paints a door.',
  inputSchema: door,
  execute: async (input, { key, context, signal }) => {
    // Given by load.ts.
    await (context as NoteRun)(key)
    await setTimeout(60, undefined, { signal })
    return `Door ${input.door} is painted.`
  },
})
