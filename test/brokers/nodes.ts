// Two servers over one store whose hints never come, joined by a broker, in virtual time.
import * as z from 'zod'
import { AsyncQueue } from '../../src/base/index.ts'
import { memoryBroker } from '../../src/brokers/index.ts'
import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import type { Broker, BrokerListener, Model, ModelEvent, Store } from '../../src/ports/index.ts'
import type { ToolServerOptions } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { type VirtualClock, virtualClock } from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { RaceNode } from '../races/race-node.ts'

export const talk = 'talk'

/** A model that says what the test tells it to, when it tells it. */
export class FedModel implements Model {
  readonly id: string = 'fed'
  readonly format: string = 'fed'
  /** One for each request, the newest last. */
  readonly answers: AsyncQueue<ModelEvent>[] = []

  stream(): AsyncIterable<ModelEvent> {
    const answer = new AsyncQueue<ModelEvent>()
    this.answers.push(answer)
    return answer
  }

  say(text: string): void {
    this.answers.at(-1)?.push({ type: 'text-delta', text })
  }

  call(toolName: string, toolCallId: string): void {
    const call = { toolCallId, toolName }
    for (const event of [
      { type: 'tool-input-start', ...call },
      { type: 'tool-input-end', ...call, inputText: '{}', input: {} },
    ] as const)
      this.answers.at(-1)?.push(event)
    this.finish('tool-calls')
  }

  finish(reason: 'stop' | 'tool-calls' = 'stop'): void {
    this.answers.at(-1)?.push({ type: 'finish', reason, rawReason: reason, usage: {} })
    this.answers.at(-1)?.end()
  }
}

export interface FleetNode {
  readonly node: RaceNode
  readonly model: FedModel
  readonly errors: unknown[]
  /** Tools that ran here. */
  readonly runs: string[]
  /** The process is gone, without a word to anybody. */
  readonly die: () => void
  /** A client whose link ends here. */
  readonly open: (conversationId?: string) => ToolClient
}

export class FleetRig {
  readonly world: VirtualClock = virtualClock()
  readonly store: Store = { ...memoryStore(), watch: () => () => {} }
  readonly broker: Broker
  readonly #options: Partial<ToolServerOptions>
  readonly #tool: object
  /** How long the tool takes. */
  workMs = 0
  isToolBroken = false

  constructor({
    tool = {},
    broker,
    ...options
  }: Partial<ToolServerOptions> & { readonly tool?: object } = {}) {
    this.broker = broker ?? memoryBroker({ world: this.world })
    this.#options = options
    this.#tool = tool
  }

  start(options: Partial<ToolServerOptions> = {}): FleetNode {
    const [model, errors, runs]: [FedModel, unknown[], string[]] = [new FedModel(), [], []]
    const life = { isOver: false }
    const node = new RaceNode(this.store, this.world, {
      model,
      tools: [this.#work(runs)],
      broker: mortal(this.broker, life),
      onError: ({ error }) => errors.push(error),
      ...this.#options,
      ...options,
    })
    return {
      node,
      model,
      errors,
      runs,
      die: () => {
        life.isOver = true
        node.isDead = true
      },
      open: (conversationId = talk) =>
        createToolClient({ world: this.world, transport: node.wire(), tools: [], conversationId }),
    }
  }

  /** Begins a turn at `at`, on behalf of whom the clients are. */
  run({ node }: FleetNode, conversationId: string = talk): void {
    const run = node.server.run({ conversationId, message: 'Go.', principal: { id: 'me' } })
    run.result.catch(() => {})
  }

  #work(runs: string[]): AnyTool {
    return defineTool({
      name: 'work',
      description: 'works',
      inputSchema: z.object({}),
      ...this.#tool,
      execute: (_, { toolCallId, progress }) => {
        runs.push(toolCallId)
        progress('half')
        if (this.isToolBroken) throw new Error('broken')
        return new Promise<string>((resolve) => {
          this.world.setTimer(this.workMs, () => resolve('worked'))
        })
      },
    })
  }
}

/** What a client shows of the last message. */
export function shown(client: ToolClient): string {
  const parts = client.getSnapshot().messages.at(-1)?.parts ?? []
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

/** A broker that brings nothing to and from the dead. */
function mortal(broker: Broker, life: { readonly isOver: boolean }): Broker {
  const { limiter, runs } = broker
  return {
    ...(limiter && { limiter }),
    ...(runs && { runs }),
    publish: async (topic, text) => (life.isOver ? undefined : broker.publish(topic, text)),
    subscribe: (topic, listener) => broker.subscribe(topic, whileAlive(listener, life)),
    close: () => broker.close(),
  }
}

function whileAlive(listener: BrokerListener, life: { readonly isOver: boolean }): BrokerListener {
  return {
    message: (text) => void (life.isOver || listener.message(text)),
    ready: () => void (life.isOver || listener.ready()),
    lost: (error) => void (life.isOver || listener.lost(error)),
  }
}
