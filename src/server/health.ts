import { type World, isToolwireError } from '../base/index.ts'
import type { CircuitHealth } from '../guards/index.ts'
import type { CallSettled, Happening, RequestFinished, Store } from '../ports/index.ts'
import type { TerminalCallState } from '../protocol/index.ts'

/** How a server is, as far as this node knows; without a word of what tools and models were told or said. */
export interface Health {
  /** Whether this node can serve: it is open, and its store answers. Tools and models that fail do not change it. */
  readonly ok: boolean
  readonly links: number
  readonly conversations: number
  /** The circuits that are not closed, by tool. */
  readonly circuits: Readonly<Record<string, CircuitHealth>>
  /** The tools that were called here, by name. */
  readonly tools: Readonly<Record<string, ToolHealth>>
  /** The models that were asked here, by id. */
  readonly models: Readonly<Record<string, ModelHealth>>
  readonly store: StoreHealth
  /** Where the server has a broker. One that fails costs speed, and nothing else. */
  readonly broker?: BrokerHealth
}

/** Something that went wrong, by its code; times in ms since 1970. */
export interface Fault {
  readonly code: string
  readonly at: number
}

export interface ToolHealth {
  /** Calls that ended, counted since the server was made. */
  readonly calls: number
  /** Those of them that failed, were out of time, or ended nobody knows how. */
  readonly failures: number
  readonly lastError?: Fault
  readonly circuit: 'closed' | CircuitHealth['state']
}

export interface ModelHealth {
  readonly requests: number
  readonly failures: number
  readonly lastSuccessAt?: number
  readonly lastFailure?: Fault
}

export interface StoreHealth {
  /** Whether it did what it was last asked to do. */
  readonly ok: boolean
  readonly lastSuccessAt?: number
  readonly lastError?: Fault
}

export interface BrokerHealth {
  /** Whether this node hears the others, and is heard. */
  readonly ok: boolean
  readonly lastSuccessAt?: number
  readonly lastError?: Fault
}

/** A call that a person refused, or that the model made wrong, says nothing of its tool. */
const failed: readonly TerminalCallState[] = ['output-error', 'timed-out', 'outcome-unknown']

/** Names of tools come from clients, too. */
const maxTools = 1_000

const pingTimeoutMs = 5_000
/** A log that no client can open and nobody writes. */
const pingedLog = 'audit:ping'

/** What is known of a node beside what happened on it. */
export interface NodeFacts extends Pick<Health, 'links' | 'conversations' | 'circuits' | 'broker'> {
  readonly isOpen: boolean
}

/** Keeps the books on what a node works with, from what happens there. */
export class HealthBook {
  /** The store of the host, with an eye on whether it does what it is asked to do. */
  readonly store: Store
  readonly #world: World
  readonly #tools = new Map<string, Omit<ToolHealth, 'circuit'>>()
  readonly #models = new Map<string, ModelHealth>()
  #stored: StoreHealth = { ok: true }

  constructor(store: Store, world: World) {
    this.#world = world
    this.store = {
      durability: store.durability,
      commit: (id, version, events) => this.#noted(store.commit(id, version, events)),
      read: (id, after) => this.#noted(store.read(id, after)),
      watch: (id, listener) => store.watch(id, listener),
    }
  }

  readonly note = (happening: Happening): void => {
    if (happening.type === 'call-settled') this.#settled(happening)
    if (happening.type === 'request-finished') this.#answered(happening)
  }

  health({ isOpen, links, conversations, circuits, broker }: NodeFacts): Health {
    const store = this.#stored
    const tools = [...this.#tools].map(([name, tool]) => {
      const circuit = Object.hasOwn(circuits, name) ? circuits[name]?.state : undefined
      return [name, { ...tool, circuit: circuit ?? 'closed' }] as const
    })
    return {
      ok: isOpen && store.ok,
      links,
      conversations,
      circuits,
      tools: Object.fromEntries(tools),
      models: Object.fromEntries(this.#models),
      store,
      ...(broker && { broker }),
    }
  }

  /** Asks the store for something, so that what is known of it is new. Never rejects. */
  async ping(): Promise<void> {
    let stop = (): void => {}
    const silence = new Promise<void>((resolve) => {
      stop = this.#world.setTimer(pingTimeoutMs, () => {
        this.#failed('STORE_FAILED')
        resolve()
      })
    })
    const answer = this.store.read(pingedLog, 0).catch(() => {})
    await Promise.race([answer, silence])
    stop()
  }

  #settled({ toolName, state, errorCode: code = state, isKnown, at }: CallSettled): void {
    const known = this.#tools.get(toolName)
    if (!isKnown || (!known && this.#tools.size >= maxTools)) return
    const { calls, failures, ...rest } = known ?? { calls: 0, failures: 0 }
    const failure = failed.includes(state) && { failures: failures + 1, lastError: { code, at } }
    this.#tools.set(toolName, { calls: calls + 1, failures, ...rest, ...failure })
  }

  #answered({ modelId, errorCode: code, at }: RequestFinished): void {
    // A request that was given up says nothing of its model.
    if (code === 'ABORTED') return
    const { requests, failures, ...rest } = this.#models.get(modelId) ?? {
      requests: 0,
      failures: 0,
    }
    const end =
      code === undefined
        ? { failures, lastSuccessAt: at }
        : { failures: failures + 1, lastFailure: { code, at } }
    this.#models.set(modelId, { requests: requests + 1, ...rest, ...end })
  }

  /** Looks at how `work` ends, without coming between it and who waits for it. */
  #noted<T>(work: Promise<T>): Promise<T> {
    work.then(
      () => {
        this.#stored = { ...this.#stored, ok: true, lastSuccessAt: this.#world.now() }
      },
      (error: unknown) => this.#failed(isToolwireError(error) ? error.code : 'STORE_FAILED'),
    )
    return work
  }

  #failed(code: string): void {
    this.#stored = { ...this.#stored, ok: false, lastError: { code, at: this.#world.now() } }
  }
}
