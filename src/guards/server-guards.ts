import type { World } from '../base/index.ts'
import type { Limiter } from '../ports/index.ts'
import {
  CircuitBreaker,
  type CircuitHealth,
  type CircuitListener,
  type CircuitNews,
} from './circuit-breaker.ts'
import { type GuardLimits, limitsOf } from './guard-limits.ts'
import type { Guard } from './guard.ts'
import { memoryLimiter } from './memory-limiter.ts'
import { Pipeline } from './pipeline.ts'
import { rateLimit } from './rate-limit.ts'
import { ResultCache } from './result-cache.ts'
import { inputLimits, outputLimits } from './value-limits.ts'

export interface ServerGuardsOptions {
  readonly world: World
  readonly limits?: GuardLimits
  /** The host's own. */
  readonly guards?: readonly Guard[]
  /** Default: in memory. */
  readonly limiter?: Limiter
  readonly onCircuit?: CircuitListener
  /** Is told what other nodes have to hear of the circuits here. */
  readonly onCircuitNews?: (news: CircuitNews) => void
}

/** Every guard of a server, around its own tools and those of clients. */
export class ServerGuards extends Pipeline {
  /** What the model sees of an output, where the tool says nothing else. */
  readonly maxModelOutputChars: number
  readonly #breaker: CircuitBreaker

  constructor(options: ServerGuardsOptions) {
    const { world, guards = [], limiter = memoryLimiter(world) } = options
    const { onCircuit, onCircuitNews } = options
    const limits = limitsOf(options.limits)
    const breaker = new CircuitBreaker(world, limits.circuit, {
      ...(onCircuit && { onChange: onCircuit }),
      ...(onCircuitNews && { onNews: onCircuitNews }),
    })
    // The order is part of the contract, and stands in docs/guides/guards.md. What refuses for free comes
    // first; the host decides before anything is counted or answered from memory; a kept answer costs nothing;
    // and a circuit that is open takes no place within a limit.
    const order = [
      inputLimits(limits),
      ...guards,
      new ResultCache(world).guard,
      breaker.guard,
      rateLimit(limiter),
      outputLimits(limits),
    ]
    super({ world, limits, guards: order })
    this.maxModelOutputChars = limits.maxModelOutputChars
    this.#breaker = breaker
  }

  /** The circuits that are not closed, by tool. */
  circuits(): Readonly<Record<string, CircuitHealth>> {
    return this.#breaker.health()
  }

  /** Takes over what another node tells of its circuits. */
  hearCircuit(news: CircuitNews): void {
    this.#breaker.hear(news)
  }

  /** What a node that comes new has to hear of the circuits here. */
  circuitNews(): readonly CircuitNews[] {
    return this.#breaker.news()
  }
}
