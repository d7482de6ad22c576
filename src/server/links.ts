import { type World, isToolwireError } from '../base/index.ts'
import type { Connection } from '../ports/index.ts'
import type { HelloFrame, Principal, TurnPolicy } from '../protocol/index.ts'
import type { ToolRegistry } from '../tools/index.ts'
import type { Hub } from './hub.ts'
import { Link } from './link.ts'

interface LinksOptions {
  readonly hub: Hub
  readonly tools: ToolRegistry
  readonly policy: TurnPolicy
  readonly onError: (error: unknown) => void
}

/** Every link of this node: at most one for each client of a conversation. */
export class Links {
  readonly hub: Hub
  readonly tools: ToolRegistry
  readonly policy: TurnPolicy
  readonly report: (error: unknown) => void
  readonly #open = new Map<string, Link>()

  constructor({ hub, tools, policy, onError }: LinksOptions) {
    this.hub = hub
    this.tools = tools
    this.policy = policy
    this.report = onError
  }

  get world(): World {
    return this.hub.world
  }

  get size(): number {
    return this.#open.size
  }

  /** Serves `connection` until it ends; a fault of the link is reported, since nobody waits for it. */
  serve(connection: Connection, principal: Principal): void {
    new Link(connection, principal, this).serve().catch((error: unknown) => {
      // Clients come and go; a link that breaks is no fault of anybody.
      if (!isToolwireError(error) || error.code !== 'TRANSPORT_CLOSED') this.report(error)
    })
  }

  /** Makes `link` the client's one link: a newer one replaces the older, never the other way round. */
  enter({ conversationId, clientId }: HelloFrame, link: Link): () => void {
    const key = JSON.stringify([conversationId, clientId])
    this.#open.get(key)?.end('replaced')
    this.#open.set(key, link)
    return () => {
      if (this.#open.get(key) === link) this.#open.delete(key)
    }
  }

  close(): void {
    for (const link of this.#open.values()) link.end('shutdown')
  }
}
