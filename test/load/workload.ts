import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as z from 'zod'
import { type World, systemWorld } from '../../src/base/index.ts'
import { type Snapshot, type ToolClient, createToolClient } from '../../src/client/index.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import type { Model, Store, Transport } from '../../src/ports/index.ts'
import type { ConversationEvent } from '../../src/protocol/index.ts'
import { type ToolServer, createToolServer, toNodeListener } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { type ScriptStep, scriptedModel } from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { httpTransport } from '../../src/transports/http.ts'
import { memoryTransport } from '../../src/transports/index.ts'

export interface Workload {
  readonly conversations: number
  /** Steps with calls; one more says the end. */
  readonly steps: number
  readonly over: 'memory' | 'http'
  /** The scripted model itself, or the real adapter and HTTP before it. */
  readonly model: 'direct' | 'wire'
}

/** What became of a workload, counted from every side. Nothing in it holds on to the run. */
export interface Played {
  readonly seconds: number
  readonly calls: number
  readonly handlerRuns: number
  readonly handlersRunTwice: number
  readonly settled: number
  readonly settledTwice: number
  readonly modelRequests: number
  readonly stepsStarted: number
  readonly stepsStartedTwice: number
  readonly wrongOutputs: number
  readonly wrongEnds: number
  readonly errors: readonly string[]
  readonly linksLeft: number
  readonly conversationsLeft: number
  readonly timersLeft: number
}

/** A server that lives through any number of plays, as one in production does. */
export interface Stage {
  /** Plays all conversations at once, each with a client of its own, and closes the clients. */
  play(conversations: number): Promise<Played>
  close(): Promise<void>
}

export async function stage(load: Workload): Promise<Stage> {
  const world = countingWorld()
  const store = forgettingStore()
  let counts = new Counts()
  const errors: unknown[] = []
  const onError = ({ error }: { readonly error: unknown }): void => void errors.push(error)
  const tools = [square, mark].map((define) => define((callId) => counts.ran(callId)))
  const model = await modelOf(load, () => counts.asked())
  const server = createToolServer({
    model: model.model,
    tools: tools.map((tool) => (tool.name === 'mark' ? tool.withoutExecute() : tool)),
    world,
    store,
    authenticate: () => ({ id: 'ann' }),
    onEvent: ({ conversationId, event }) => counts.take(conversationId, event),
    onError,
  })
  const wire = await wireTo(server, load.over)
  return {
    async play(conversations) {
      counts = new Counts()
      const start = performance.now()
      const snapshots = await Promise.all(
        Array.from({ length: conversations }, async (_, n) => {
          const own = tools.filter(({ name }) => name === 'mark')
          const client = createToolClient({ transport: wire.transport, tools: own, world, onError })
          const snapshot = await converse(client, n)
          client.close()
          return snapshot
        }),
      )
      const seconds = (performance.now() - start) / 1_000
      const left = await leftover(server)
      store.forget()
      return {
        seconds,
        ...left,
        ...counts.totals,
        wrongOutputs: snapshots.reduce((sum, shown, n) => sum + wrongOutputs(shown, n, load), 0),
        wrongEnds: snapshots.filter((shown) => !endsWell(shown, load)).length,
        errors: errors.map(String),
        timersLeft: world.pending.size,
      }
    },
    async close() {
      await server.close()
      await wire.close()
      await model.close()
    },
  }
}

/** A store that can be emptied after a play, so that what is left is not the log. */
function forgettingStore(): Store & { forget(): void } {
  let store = memoryStore()
  return {
    durability: 'process',
    forget() {
      store = memoryStore()
    },
    commit: (id, version, events) => store.commit(id, version, events),
    read: (id, version) => store.read(id, version),
    watch: (id, listener) => store.watch(id, listener),
  }
}

/** One message, then whatever the model asks for, until the turn is over. */
function converse(client: ToolClient, n: number): Promise<Snapshot> {
  return new Promise((resolve, reject) => {
    const unsubscribe = client.subscribe(() => {
      const shown = client.getSnapshot()
      const isOver = shown.status === 'ready' || shown.status === 'error'
      if (shown.connection === 'closed') reject(new Error('The link was closed.'))
      if (!isOver || shown.messages.at(-1)?.role !== 'assistant') return
      unsubscribe()
      resolve(shown)
    })
    client.send(String(n)).catch(reject)
  })
}

function endsWell({ messages, status }: Snapshot, { steps }: Workload): boolean {
  const [last] = messages.at(-1)?.parts ?? []
  return (
    status === 'ready' &&
    messages.length === steps + 2 &&
    last?.type === 'text' &&
    last.text === endText
  )
}

function wrongOutputs({ calls }: Snapshot, n: number, { steps }: Workload): number {
  const outputs = calls.map(({ state, output }) => `${state} ${String(output)}`)
  const expected = Array.from({ length: steps }, (_, step) => [
    `output-available ${step * step}`,
    `output-available ${n}:${step}`,
  ]).flat()
  return expected.filter((output, index) => outputs[index] !== output).length
}

/** Links end a little later than their clients. */
async function leftover(
  server: ToolServer,
): Promise<Pick<Played, 'linksLeft' | 'conversationsLeft'>> {
  for (let patience = 0; patience < 10_000; patience++) {
    const { links, conversations } = server.health()
    if (links === 0 && conversations === 0) break
    await new Promise<void>((resolve) => void setImmediate(resolve))
  }
  const { links, conversations } = server.health()
  return { linksLeft: links, conversationsLeft: conversations }
}

const endText = 'That is all.'
type Ran = (callId: string) => void

const square = (ran: Ran): AnyTool =>
  defineTool({
    name: 'square',
    description: 'Squares a number.',
    inputSchema: z.object({ n: z.number() }),
    execute({ n }, { key }) {
      ran(key)
      return n * n
    },
  })

const mark = (ran: Ran): AnyTool =>
  defineTool({
    name: 'mark',
    description: 'Marks a step of a conversation.',
    inputSchema: z.object({ name: z.string(), step: z.number() }),
    execute({ name, step }, { key }) {
      ran(key)
      return `${name}:${step}`
    },
  })

/** The user's message is the number of the conversation, which each call for `mark` carries. */
function stepOf(name: string, step: number, steps: number): ScriptStep {
  if (step === steps) return { text: endText }
  return {
    text: `Step ${step}. `,
    toolCalls: [
      { toolName: 'square', input: { n: step } },
      { toolName: 'mark', input: { name, step } },
    ],
  }
}

async function modelOf(
  load: Workload,
  asked: () => void,
): Promise<{ readonly model: Model; close(): Promise<void> }> {
  const model = scriptedModel(
    ({ messages }, { step }) => {
      asked()
      const [first] = messages[0]?.parts ?? []
      return stepOf(first?.type === 'text' ? first.text : '', step, load.steps)
    },
    { record: false },
  )
  if (load.model === 'direct') return { model, close: async () => {} }
  const listening = await model.listen()
  return {
    model: openaiChat({ baseURL: listening.url, model: 'scripted', apiKey: 'none' }),
    close: () => listening.close(),
  }
}

async function wireTo(
  server: ToolServer,
  over: Workload['over'],
): Promise<{ readonly transport: Transport; close(): Promise<void> }> {
  if (over === 'memory') {
    const wire = memoryTransport()
    server.accept(wire, { id: 'ann' })
    return { transport: wire, close: async () => {} }
  }
  const listener = toNodeListener(server.fetch)
  const host = createServer((request, response) => void listener(request, response))
  await new Promise<void>((resolve) => void host.listen(0, '127.0.0.1', resolve))
  // It listens on a port, so its address is no pipe.
  const { port } = host.address() as AddressInfo
  return {
    transport: httpTransport({ url: `http://127.0.0.1:${port}/` }),
    close: () =>
      new Promise((resolve) => {
        host.close(() => resolve())
        host.closeAllConnections()
      }),
  }
}

/** What handlers, log and model saw, by call and by step. */
class Counts {
  #asked = 0
  readonly #runs = new Map<string, number>()
  readonly #created = new Set<string>()
  readonly #settled = new Map<string, number>()
  readonly #steps = new Map<string, number>()

  asked(): void {
    this.#asked++
  }

  ran(callId: string): void {
    increase(this.#runs, callId)
  }

  take(conversationId: string, event: ConversationEvent): void {
    if (event.type === 'call-created') this.#created.add(event.call.callId)
    if (event.type === 'call-settled') increase(this.#settled, event.callId)
    if (event.type === 'step-started') increase(this.#steps, `${conversationId} ${event.step}`)
  }

  get totals() {
    return {
      calls: this.#created.size,
      handlerRuns: this.#runs.size,
      handlersRunTwice: moreThanOnce(this.#runs),
      settled: this.#settled.size,
      settledTwice: moreThanOnce(this.#settled),
      modelRequests: this.#asked,
      stepsStarted: this.#steps.size,
      stepsStartedTwice: moreThanOnce(this.#steps),
    }
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function moreThanOnce(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].filter((count) => count > 1).length
}

/** The real world, with a list of the timers that are set. */
function countingWorld(): World & { readonly pending: ReadonlySet<object> } {
  const pending = new Set<object>()
  return {
    ...systemWorld,
    pending,
    setTimer(delayMs, task, options) {
      // What no program waits for ends by itself.
      if (options?.keepAlive === false) return systemWorld.setTimer(delayMs, task, options)
      const timer = {}
      pending.add(timer)
      const stop = systemWorld.setTimer(delayMs, () => {
        pending.delete(timer)
        task()
      })
      return () => {
        pending.delete(timer)
        stop()
      }
    },
  }
}
