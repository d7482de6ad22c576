import { type World, isObject, isToolwireError, newErrorId } from '../base/index.ts'
import type { Conversation } from '../engine/index.ts'
import {
  type CircuitNews,
  type ErrorReport,
  ServerGuards,
  type ServerGuardsOptions,
  memoryLimiter,
} from '../guards/index.ts'
import type { Broker, Limiter } from '../ports/index.ts'
import type { BrokerHealth } from './health.ts'
import { RunKeeper } from './run-keeper.ts'
import {
  type Exchange,
  type News,
  type NewsListener,
  SharedConversation,
} from './shared-conversation.ts'

export interface FleetOptions {
  readonly broker: Broker
  readonly nodeId: string
  readonly world: World
  readonly onError: (report: ErrorReport) => void
  readonly leaseMs: number
}

const circuitsTopic = 'circuits'

/**
 * The other nodes of the same store, as far as a broker brings them near. Whatever it cannot do is done by this
 * node alone: the store is read from time to time, calls are counted here. That is told once, not each time.
 */
export class Fleet implements Exchange {
  readonly nodeId: string
  readonly world: World
  readonly #broker: Broker
  readonly #leaseMs: number
  readonly #onError: (report: ErrorReport) => void
  /** Unknown at first, which is no fault. */
  #isHearing = true
  #health: BrokerHealth = { ok: true }
  #leave: () => void = () => {}
  #keeper: RunKeeper | null = null
  #isClosed = false

  constructor({ broker, nodeId, world, onError, leaseMs }: FleetOptions) {
    this.#leaseMs = leaseMs
    this.#broker = broker
    this.nodeId = nodeId
    this.world = world
    this.#onError = onError
  }

  static over(broker: Broker | undefined, options: Omit<FleetOptions, 'broker'>): Fleet | null {
    return broker ? new Fleet({ ...options, broker }) : null
  }

  /** What guards have in common with those of other nodes; a limiter of the host stays as it is. */
  guardOptions(
    limiter: Limiter | undefined,
  ): Required<Pick<ServerGuardsOptions, 'limiter' | 'onCircuitNews'>> {
    const onCircuitNews = (circuit: CircuitNews): void => this.tell(circuitsTopic, { circuit })
    return { limiter: limiter ?? this.#limiter(), onCircuitNews }
  }

  /** The limiter of the broker; where that fails, the places that were taken here are counted on here. */
  #limiter(): Limiter {
    const own = memoryLimiter(this.world)
    const shared = this.#broker.limiter
    if (!shared) return own
    return {
      take: async (asked) => {
        try {
          const answer = await shared.take(asked)
          if (answer.ok) await own.take(asked)
          this.#worked()
          return answer
        } catch (error) {
          this.#failed(error)
          return own.take(asked)
        }
      },
    }
  }

  /** Tells the others something of this node, if it can be told. */
  tell(topic: string, news: object): void {
    const text = JSON.stringify({ ...news, from: this.nodeId })
    void this.#attempt(() => this.#broker.publish(topic, text))
  }

  /** Hears what others tell of `topic`. */
  hear(topic: string, { news, ...listener }: NewsListener): () => void {
    return this.#broker.subscribe(topic, {
      ...listener,
      message: (text) => {
        const heard = newsOf(text)
        if (heard && heard['from'] !== this.nodeId) news(heard)
      },
    })
  }

  /** Keeps `conversation` in step with what others do in it, until the returned function is called. */
  follow(conversation: Conversation): () => void {
    const shared = new SharedConversation(conversation, this)
    const keep = (): void => this.#keeper?.keep(conversation.id, conversation.state)
    const offCommit = conversation.onCommit(keep)
    const offLoss = conversation.onLoss(keep)
    keep()
    return () => {
      offCommit()
      offLoss()
      shared.close()
    }
  }

  /** From now on this node takes up what others leave behind when they die. */
  keepRuns(resume: (conversationId: string) => Promise<void>): void {
    const { runs } = this.#broker
    if (!runs) return
    this.#keeper = new RunKeeper({
      runs,
      leaseMs: this.#leaseMs,
      world: this.world,
      attempt: (work) => this.#attempt(work),
      resume: (id) => resume(id).catch((error: unknown) => this.#report(error)),
    })
  }

  /** From now on what breaks a circuit at one node is known at all of them. */
  share(circuits: Pick<ServerGuards, 'hearCircuit' | 'circuitNews'>): void {
    const tellAll = (): void => {
      for (const circuit of circuits.circuitNews()) this.tell(circuitsTopic, { circuit })
    }
    this.#leave = this.hear(circuitsTopic, {
      ready: () => {
        this.#isHearing = true
        this.#worked()
        // Where both were away, the one that is back first asks before the other can hear it.
        tellAll()
        this.tell(circuitsTopic, { asks: true })
      },
      lost: (error) => {
        this.#isHearing = false
        this.#failed(error)
      },
      news: ({ asks, circuit }) => {
        if (asks === true) tellAll()
        else if (isCircuitNews(circuit)) circuits.hearCircuit(circuit)
      },
    })
  }

  health(): BrokerHealth {
    return this.#health
  }

  close(): void {
    this.#isClosed = true
    this.#keeper?.close()
    this.#leave()
  }

  #worked(): void {
    const lastSuccessAt = this.world.now()
    this.#health = { ...this.#health, ok: this.#isHearing, lastSuccessAt }
  }

  #failed(error: unknown): void {
    const wasOk = this.#health.ok
    const code = isToolwireError(error) ? error.code : 'BROKER_FAILED'
    this.#health = { ...this.#health, ok: false, lastError: { code, at: this.world.now() } }
    if (wasOk) this.#report(error)
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      const done = await work()
      this.#worked()
      return done
    } catch (error) {
      this.#failed(error)
      return null
    }
  }

  /** Whoever closes has no use for what fails from then on. */
  #report(error: unknown): void {
    if (!this.#isClosed) this.#onError({ errorId: newErrorId(this.world), error })
  }
}

interface GuardContext extends Required<Pick<ServerGuardsOptions, 'world' | 'onCircuit'>> {
  readonly fleet: Fleet | null
}

/** The guards of a node, with what they have in common with those of others. */
export function guardsOf(
  options: Omit<ServerGuardsOptions, 'world'>,
  { fleet, ...context }: GuardContext,
): ServerGuards {
  const shared = fleet?.guardOptions(options.limiter)
  const guards = new ServerGuards({ ...options, ...shared, ...context })
  fleet?.share(guards)
  return guards
}

/** What other programs, or other versions of this one, publish under the same name is nobody's news. */
function newsOf(text: string): News | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isCircuitNews(value: unknown): value is CircuitNews {
  if (!isObject(value) || typeof value['toolName'] !== 'string') return false
  const { id, verdict, probe, openMs } = value
  if (typeof id === 'string')
    return verdict === 'alive' || verdict === 'failed' || verdict === 'none'
  return typeof probe === 'string' || (typeof openMs === 'number' && openMs >= 0)
}
