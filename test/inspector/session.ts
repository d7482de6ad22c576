import * as z from 'zod'
import { type Snapshot, type ToolClient, createToolClient } from '../../src/client/index.ts'
import { type InspectOptions, type LiveRecording, inspect } from '../../src/inspector/index.ts'
import type { Store, Transport } from '../../src/ports/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import {
  type ScriptStep,
  type VirtualClock,
  memoryTransport,
  scriptedModel,
  virtualClock,
} from '../../src/testing/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'

export const password = 'correct-horse-battery'
export const apiKey = 'sk-live-0123456789abcdefghij'
export const pinCode = '4711-0815'

/** A tool of the client that is given secrets and gives some back, under a name, by a schema and within a text. */
function signIn(world: VirtualClock): AnyTool {
  return defineTool({
    name: 'sign_in',
    description: 'Signs in.',
    inputSchema: z.object({
      user: z.string(),
      password: z.string(),
      locker: z.string().meta({ 'x-secret': true }),
    }),
    outputSchema: z.object({ said: z.string(), locker: z.string().meta({ 'x-secret': true }) }),
    execute: ({ user, locker }, { progress }) => {
      progress({ note: `key ${apiKey}` })
      return new Promise((resolve) => {
        world.setTimer(2_000, () => resolve({ said: `${user} has key ${apiKey}`, locker }))
      })
    },
  })
}

export function page(world: VirtualClock, transport: Transport): ToolClient {
  return createToolClient({ world, transport, tools: [signIn(world)] })
}

const secretScript: readonly ScriptStep[] = [
  {
    text: `Your key is ${apiKey}.`,
    toolCalls: [{ toolName: 'sign_in', input: { user: 'Ada', password, locker: pinCode } }],
  },
  { text: 'Done.' },
  { text: 'You are welcome.' },
]

export interface Session {
  readonly recording: LiveRecording
  readonly snapshot: Snapshot
  readonly store: Store
  readonly conversationId: string
}

/** Two messages and a call, over a link that breaks under the call. */
export async function session(
  options: InspectOptions = {},
  script: readonly ScriptStep[] = secretScript,
): Promise<Session> {
  const world = virtualClock({ seed: 5 })
  const wire = memoryTransport({ world, delay: 20 })
  const store = memoryStore()
  const server = createToolServer({
    world,
    store,
    model: scriptedModel(script),
    tools: [signIn(world).withoutExecute()],
  })
  server.accept(wire, { id: 'me' })
  const inspected = inspect(wire, { world, ...options })
  const client = page(world, inspected)
  await say(world, client, `I am Ada, my key is ${apiKey}.`, 1_000)
  wire.cut()
  await world.advance(60_000)
  await say(world, client, 'Thanks.', 30_000)
  const snapshot = client.getSnapshot()
  client.close()
  await server.close()
  await world.settle()
  const { conversationId } = client
  return { recording: inspected.recording, snapshot, store, conversationId }
}

async function say(
  world: VirtualClock,
  client: ToolClient,
  text: string,
  forMs: number,
): Promise<void> {
  const sent = client.send(text)
  await world.advance(forMs)
  await sent
}
