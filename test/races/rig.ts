// Nodes over one store and tabs of one origin, in virtual time, with a tool that tells where it began.
import * as z from 'zod'
import {
  type ToolClient,
  type ToolClientOptions,
  createToolClient,
} from '../../src/client/index.ts'
import type { Model, Store, Transport } from '../../src/ports/index.ts'
import type { ConversationEvent } from '../../src/protocol/index.ts'
import type { ToolServerOptions } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import {
  type ScriptStep,
  type VirtualClock,
  scriptedModel,
  virtualClock,
} from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { Origin, Realm } from '../client/realm.ts'
import { Freezer } from '../client/freezer.ts'
import { RaceNode } from './race-node.ts'
import { RaceWire } from './race-wire.ts'

const conversationId = 'talk'

export interface Tab {
  readonly name: string
  readonly realm: Realm
  readonly freezer: Freezer
  readonly wire: RaceWire
  readonly client: ToolClient
}

export interface RigOptions extends Partial<Omit<ToolServerOptions, 'world' | 'model'>> {
  /** The steps of every turn. */
  readonly steps?: readonly ScriptStep[]
  readonly model?: Model
  /** How the tool `work` is declared. */
  readonly tool?: {
    readonly idempotent?: boolean
    readonly approval?: boolean
    readonly timeoutMs?: number
  }
}

type TabOptions = Partial<ToolClientOptions> & {
  readonly realm?: Realm
  readonly to?: Transport
  /** How often the tab says that it lives. */
  readonly beatMs?: number
  /** How far the wall clock of the tab is ahead. */
  readonly skewMs?: () => number
}

/** What people notice of it all. */
export interface Verdict {
  /** The tabs in which the tool began, in order. */
  readonly begins: readonly string[]
  readonly outcomes: readonly string[]
  /** How often the model went on after the first step of the turn. */
  readonly continuations: number
  /** The last words, as every living tab shows them. */
  readonly words: readonly string[]
  readonly viewsEqual: boolean
}

export class Rig {
  readonly world: VirtualClock = virtualClock()
  readonly origin: Origin = new Origin()
  readonly store: Store
  readonly begins: string[] = []
  readonly errors: unknown[] = []
  readonly tabs: Tab[] = []
  readonly node: RaceNode
  /** How long the tool takes. */
  workMs = 1_000
  readonly #options: RigOptions
  readonly #model: Model

  constructor(options: RigOptions = {}) {
    this.#options = options
    this.store = options.store ?? memoryStore()
    const { steps = oneCall } = options
    this.#model = options.model ?? scriptedModel((_, { step }) => steps[step] ?? { text: 'Done.' })
    this.node = this.startNode()
  }

  startNode(options: Partial<ToolServerOptions> = {}): RaceNode {
    const { steps: _, tool: __, store: ___, ...server } = this.#options
    return new RaceNode(this.store, this.world, {
      ...server,
      model: this.#model,
      tools: options.tools ?? server.tools ?? [this.tool('server').withoutExecute()],
      onError: ({ error }) => this.errors.push(error),
      ...options,
    })
  }

  open(name: string, options: TabOptions = {}): Tab {
    const { to = this.node.wire(), realm: given, skewMs, beatMs, ...rest } = options
    const freezer = new Freezer()
    const realm = given ?? new Realm(this.origin, freezer.world(this.world, skewMs))
    const wire = new RaceWire(to, freezer)
    const client = createToolClient({
      world: realm.world,
      ledger: realm.ledger,
      transport: { ...realm.reach(wire), ...(beatMs !== undefined && { beatMs }) },
      tools: [this.tool(name, realm)],
      conversationId,
      onError: ({ error }) => {
        if (!realm.isDead) this.errors.push(error)
      },
      ...rest,
    })
    const tab = { name, realm, freezer, wire, client }
    this.tabs.push(tab)
    return tab
  }

  /** Sends a message from `tab`, whose answer may never come, and lets `ms` pass. */
  async say(tab: Tab, ms: number, text = 'Go.'): Promise<void> {
    tab.client.send(text).catch(() => {})
    await this.world.advance(ms)
  }

  /** The tool `work` as `name` has it. */
  tool(name: string, { world }: Pick<Realm, 'world'> = this): AnyTool {
    return defineTool({
      name: 'work',
      description: 'works',
      inputSchema: z.object({}),
      ...this.#options.tool,
      execute: (_, { attempt, signal }) => {
        this.begins.push(name)
        return new Promise<string>((resolve, reject) => {
          world.setTimer(this.workMs, () => resolve(`${name}, attempt ${attempt}`))
          signal.addEventListener('abort', () => reject(new Error('aborted')))
        })
      },
    })
  }

  async log<T extends ConversationEvent['type']>(
    type: T,
  ): Promise<readonly Extract<ConversationEvent, { type: T }>[]> {
    const events = await this.store.read(conversationId, 0)
    return events.filter(
      (event): event is Extract<ConversationEvent, { type: T }> => event.type === type,
    )
  }

  async verdict(): Promise<Verdict> {
    const [settled, steps, turns] = [
      await this.log('call-settled'),
      await this.log('step-finished'),
      await this.log('turn-started'),
    ]
    const views = this.tabs
      .filter(({ realm, client }) => !realm.isDead && client.getSnapshot().connection !== 'closed')
      .map(({ client }) => client.getSnapshot().messages)
    return {
      begins: [...this.begins],
      outcomes: settled.map(({ state }) => state),
      continuations: steps.length - turns.length,
      words: [...new Set(views.map((messages) => wordsOf(messages.at(-1))))],
      viewsEqual: new Set(views.map((messages) => JSON.stringify(messages))).size === 1,
    }
  }
}

/** The model asks for the tool once, and goes on when it has the result. */
const oneCall: readonly ScriptStep[] = [
  { toolCalls: [{ toolName: 'work', input: {} }] },
  { text: 'Done.' },
]

/** The verdict on a turn with one call that went as it should. */
export function settledOnce(begins: readonly string[], outcome = 'output-available'): Verdict {
  return { begins, outcomes: [outcome], continuations: 1, words: ['Done.'], viewsEqual: true }
}

function wordsOf(message: { readonly parts: readonly object[] } | undefined): string {
  const last = message?.parts.at(-1)
  return last && 'text' in last ? String(last.text) : ''
}
