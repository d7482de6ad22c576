import { type World, isToolwireError, newErrorId } from '../base/index.ts'
import type { ErrorReport } from '../guards/index.ts'
import type { Connection } from '../ports/index.ts'
import type { HelloFrame, Principal, Sender, TurnPolicy } from '../protocol/index.ts'
import type { ToolRegistry } from '../tools/index.ts'
import type { CommandContext } from './commands.ts'
import type { AuditTrail, ClientGrants } from '../engine/index.ts'
import type { Hub } from './hub.ts'
import { Link, type LinkHost } from './link.ts'
import type { Trust } from './trust.ts'

export interface LinksOptions {
  readonly hub: Hub
  readonly tools: ToolRegistry
  readonly policy: TurnPolicy
  readonly grants: ClientGrants
  readonly trust: Trust
  readonly audit: AuditTrail | null
  readonly onError: (report: ErrorReport) => void
}

/** Every link of this node: at most one for each client of a conversation. */
export class Links implements LinkHost {
  readonly hub: Hub
  readonly #options: LinksOptions
  readonly #open = new Map<string, Link>()
  /** Cancels of the timers that run while a client has no link. */
  readonly #absences = new Map<string, () => void>()

  constructor(options: LinksOptions) {
    this.hub = options.hub
    this.#options = options
  }

  get world(): World {
    return this.hub.world
  }

  /** The server's own tools. */
  get tools(): ToolRegistry {
    return this.#options.tools
  }

  get size(): number {
    return this.#open.size
  }

  context(sender: Sender, principal: Principal): CommandContext {
    const { hub: _, ...options } = this.#options
    return { ...options, sender, principal, world: this.world }
  }

  report(error: unknown): void {
    this.#options.onError({ errorId: newErrorId(this.world), error })
  }

  /** Serves `connection` once it is clear on whose behalf, and closes it where nobody may. */
  admit(connection: Connection, principal: Promise<Principal>): void {
    principal.then(
      (checked) => this.serve(connection, checked),
      (error: unknown) => {
        this.report(error)
        connection.close()
      },
    )
  }

  /** Serves `connection` until it ends; a fault of the link is reported, since nobody waits for it. */
  serve(connection: Connection, principal: Principal): void {
    new Link(connection, principal, this).serve().catch((error: unknown) => {
      // Clients come and go; a link that breaks is no fault of anybody.
      if (!isToolwireError(error) || error.code !== 'TRANSPORT_CLOSED') this.report(error)
    })
  }

  /** Makes `link` the client's one link: a newer one replaces the older, never the other way round. */
  enter({ conversationId, clientId }: HelloFrame, link: Link): (isMissed: boolean) => void {
    const key = JSON.stringify([conversationId, clientId])
    this.#open.get(key)?.end('replaced')
    this.#open.set(key, link)
    this.#present(key)
    return (isMissed) => {
      if (this.#open.get(key) !== link) return
      this.#open.delete(key)
      if (isMissed && this.hub.isOpen) this.#absent(key, conversationId, clientId)
    }
  }

  #present(key: string): void {
    this.#absences.get(key)?.()
    this.#absences.delete(key)
  }

  /** A client that does not come back in time is not counted on any more. Where it is, its node says so. */
  #absent(key: string, conversationId: string, clientId: string): void {
    this.#present(key)
    const leave = (): void => {
      this.#absences.delete(key)
      this.hub
        .use(conversationId, (conversation) => conversation.execute({ type: 'leave', clientId }))
        .catch((error: unknown) => {
          if (this.hub.isOpen) this.report(error)
        })
    }
    const { leaseMs } = this.#options.policy
    this.#absences.set(key, this.world.setTimer(leaseMs, leave, { keepAlive: false }))
  }

  close(): void {
    for (const key of this.#absences.keys()) this.#present(key)
    for (const link of this.#open.values()) link.end('shutdown')
  }
}
