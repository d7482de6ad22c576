// A server behind a real wire, in virtual time, and what holds after every scenario.
import { expect, onTestFinished } from 'vitest'
import {
  type Snapshot,
  type ToolClient,
  type ToolClientOptions,
  createToolClient,
} from '../../src/client/index.ts'
import { anthropic } from '../../src/models/anthropic.ts'
import { gemini } from '../../src/models/gemini.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import type { Model, ModelEvent, Transport } from '../../src/ports/index.ts'
import type { ConversationEvent } from '../../src/protocol/index.ts'
import {
  type AuditLog,
  type ToolServer,
  type ToolServerOptions,
  createToolServer,
  memoryAudit,
} from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import {
  type HistoryFormat,
  type ScriptStep,
  type VirtualClock,
  historyValidators,
  scriptedModel,
  virtualClock,
} from '../../src/testing/index.ts'
import { me, type wires } from '../attacks/rig.ts'
import { type Recorded, recorded } from '../http/wire.ts'
import { sentBy } from '../models/wire-history.ts'

export interface StageOptions extends Partial<ToolServerOptions> {
  readonly steps: readonly ScriptStep[]
  /** Waited for before each event of the model. */
  readonly pace?: (event: ModelEvent) => Promise<void>
}

export interface Stage {
  readonly world: VirtualClock
  readonly server: ToolServer
  readonly model: ReturnType<typeof scriptedModel>
  readonly audit: AuditLog
  readonly open: (options?: Partial<ToolClientOptions>) => Opened
  /** The wire, for a client that reaches it in its own way. */
  readonly wire: () => Transport
  readonly log: () => Promise<readonly ConversationEvent[]>
  /** Lets virtual time pass, with real time enough for what the wire has to carry. */
  readonly pass: (ms: number) => Promise<void>
  /** Waits for real: in virtual time nothing passes. */
  readonly until: (isIt: () => boolean) => Promise<void>
  readonly check: () => Promise<void>
}

export interface Opened {
  readonly client: ToolClient
  readonly link: Recorded
  readonly errors: unknown[]
  /** What listeners to calls heard. */
  readonly heard: string[]
}

export async function stage(
  openWire: (typeof wires)[string],
  { steps, pace, ...options }: StageOptions,
): Promise<Stage> {
  const world = virtualClock()
  const store = memoryStore()
  const audit = memoryAudit()
  const model = scriptedModel(steps)
  const server = createToolServer({
    world,
    store,
    model: pace ? paced(model, pace) : model,
    audit,
    tools: [],
    authenticate: ({ headers, url }) => {
      const id = headers.get('authorization') ?? new URL(url).searchParams.get('as')
      return id === null ? null : { id }
    },
    ...options,
  })
  const to = await openWire(server)
  const clients: ToolClient[] = []
  onTestFinished(async () => {
    for (const client of clients) client.close()
    await server.close()
  })
  const wait = async (rounds: number): Promise<void> => {
    for (let n = 0; n < rounds; n++)
      await new Promise<void>((resolve) => {
        setImmediate(resolve)
      })
  }
  const log = (): Promise<readonly ConversationEvent[]> => store.read('talk', 0)
  return {
    world,
    server,
    model,
    audit,
    log,
    wire: () => to(me),
    open(own = {}) {
      const errors: unknown[] = []
      const heard: string[] = []
      const link = recorded(to(me))
      const client = createToolClient({
        world,
        transport: link,
        conversationId: 'talk',
        onError: ({ error }) => errors.push(error),
        ...own,
      })
      client.onCall(({ type, call }) => heard.push(`${call.toolName} ${type}`))
      clients.push(client)
      return { client, link, errors, heard }
    },
    async pass(ms) {
      for (let left = ms; left > 0; left -= 1_000) {
        await world.advance(Math.min(left, 1_000))
        await wait(5)
      }
      await wait(20)
    },
    async until(isIt) {
      while (!isIt()) await wait(1)
    },
    async check() {
      for (const { messages } of model.requests)
        for (const [format, adapter] of Object.entries(providers)) {
          const { body } = await sentBy(adapter, { messages })
          expect(historyValidators[format as HistoryFormat](body, {}), `to ${format}`).toEqual([])
        }
      await world.settle()
      const events = await log()
      const records = await audit.query()
      for (const event of events)
        if (event.type === 'call-created') {
          const { callId } = event.call
          const ends = events.filter((one) => one.type === 'call-settled' && one.callId === callId)
          expect(ends, `end of ${callId}`).toHaveLength(1)
          const told = records.filter((one) => one.callId === callId && one.state !== undefined)
          expect(told, `audit of ${callId}`).toHaveLength(1)
        }
    },
  }
}

function paced(model: Model, pace: (event: ModelEvent) => Promise<void>): Model {
  return {
    id: model.id,
    format: model.format,
    async *stream(request) {
      for await (const event of model.stream(request)) {
        await pace(event)
        yield event
      }
    },
  }
}

const providers: Readonly<Record<string, (fetch: typeof globalThis.fetch) => Model>> = {
  'openai-chat': (fetch) => openaiChat({ model: 'm', fetch }),
  'openai-responses': (fetch) => openaiResponses({ model: 'm', fetch }),
  anthropic: (fetch) => anthropic({ model: 'm', fetch }),
  gemini: (fetch) => gemini({ model: 'm', fetch }),
}

export const isOver = ({ status, messages }: Snapshot): boolean =>
  status === 'ready' && messages.at(-1)?.role === 'assistant'
