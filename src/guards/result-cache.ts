import type { World } from '../base/index.ts'
import type { Guard, GuardedCall } from './guard.ts'

const maxEntries = 1_000
/** Of all kept outputs together, as JSON. */
const maxChars = 16_777_216

interface Entry {
  readonly output: unknown
  readonly chars: number
  readonly until: number
}

/** The outputs of tools that declare `cache`. What was not asked for longest makes room. */
export class ResultCache {
  readonly #world: World
  readonly #entries = new Map<string, Entry>()
  #chars = 0

  constructor(world: World) {
    this.#world = world
  }

  /** Answers with what the same call gave before, for whom the tool declares that; failures are not kept. */
  readonly guard: Guard = async (call, next) => {
    const { cache } = call.tool
    if (!cache) return next()
    const key = keyOf(call)
    const known = this.#entries.get(key)
    this.#forget(key)
    if (known && known.until > this.#world.monotonic()) {
      this.#keep(key, known)
      return { state: 'output-available', output: known.output }
    }
    const outcome = await next()
    const { state, output } = outcome
    if (state === 'output-available' && output !== undefined) {
      const until = this.#world.monotonic() + cache.ttlMs
      this.#keep(key, { output, chars: JSON.stringify(output).length, until })
    }
    return outcome
  }

  #keep(key: string, entry: Entry): void {
    this.#forget(key)
    this.#entries.set(key, entry)
    this.#chars += entry.chars
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries && this.#chars <= maxChars) break
      this.#forget(oldest)
    }
  }

  #forget(key: string): void {
    this.#chars -= this.#entries.get(key)?.chars ?? 0
    this.#entries.delete(key)
  }
}

/** The same call is the same version of the tool with the same input, within the scope. */
function keyOf(call: GuardedCall): string {
  const { tool, argsHash } = call
  return JSON.stringify([tool.name, tool.descriptor.hash, argsHash, ...scopeOf(call)])
}

function scopeOf({ tool, executor, conversationId, principal }: GuardedCall): readonly unknown[] {
  if (tool.cache?.by === 'session') return ['session', conversationId]
  // What one user's client says is true for that user only.
  const isForAll = tool.cache?.by === 'all' && executor === 'server'
  return isForAll ? ['all'] : ['user', principal?.id ?? null]
}
