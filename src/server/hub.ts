import { ToolwireError, type World } from '../base/index.ts'
import { Conversation, type EngineOptions, Runner } from '../engine/index.ts'
import type { Store } from '../ports/index.ts'
import { isAuditLog } from '../protocol/index.ts'
import type { Fleet } from './fleet.ts'
import { Shelf } from './shelf.ts'

interface Entry {
  readonly opening: Promise<Open>
  /** Who needs the conversation here; with nobody left and nothing to do it is dropped. */
  users: number
}

interface Open {
  readonly conversation: Conversation
  readonly runner: Runner
  readonly unfollow: () => void
}

interface HubOptions extends EngineOptions {
  /** The other nodes; `null` where this is the only one, or the store alone is between them. */
  readonly fleet: Fleet | null
}

/** The conversations that this node has in hand. Dropping one loses nothing: the store has it. */
export class Hub {
  readonly #options: HubOptions
  readonly #entries = new Map<string, Entry>()
  readonly #shelf = new Shelf()
  #closed = false

  constructor(options: HubOptions) {
    this.#options = options
    options.fleet?.keepRuns((id) => this.use(id, (conversation) => conversation.refresh()))
  }

  get store(): Store {
    return this.#options.store
  }

  get world(): World {
    return this.#options.world
  }

  get isOpen(): boolean {
    return !this.#closed
  }

  get size(): number {
    return this.#entries.size
  }

  /** Runs `work` with the conversation, which stays in hand meanwhile. */
  async use<T>(
    conversationId: string,
    work: (conversation: Conversation) => Promise<T>,
  ): Promise<T> {
    if (this.#closed) throw closedServer()
    if (isAuditLog(conversationId)) throw noConversation(conversationId)
    const entry = this.#entries.get(conversationId) ?? this.#enter(conversationId)
    entry.users++
    try {
      const { conversation } = await entry.opening
      return await work(conversation)
    } finally {
      entry.users--
      await this.#dropIfIdle(conversationId, entry)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const entries = [...this.#entries.values()]
    this.#entries.clear()
    for (const { opening } of entries) shut(await opening)
    this.#options.fleet?.close()
  }

  #enter(conversationId: string): Entry {
    const entry: Entry = { opening: this.#open(conversationId), users: 0 }
    this.#entries.set(conversationId, entry)
    // Whoever uses the entry hears of the failure; the next one tries again.
    entry.opening.catch(() => this.#entries.delete(conversationId))
    return entry
  }

  async #open(conversationId: string): Promise<Open> {
    const conversation = new Conversation(conversationId, this.store, this.world)
    await conversation.open(this.#shelf.take(conversationId))
    // Behind what was there already, which was written when it happened.
    this.#options.audit?.follow(conversation)
    const unobserve = this.#options.observation.follow(conversation)
    const onIdle = (): void => {
      const entry = this.#entries.get(conversationId)
      if (entry) void this.#dropIfIdle(conversationId, entry)
    }
    const leave = this.#options.fleet?.follow(conversation)
    const unfollow = (): void => {
      leave?.()
      unobserve()
    }
    return { conversation, runner: new Runner(conversation, this.#options, onIdle), unfollow }
  }

  async #dropIfIdle(conversationId: string, entry: Entry): Promise<void> {
    const open = await entry.opening.catch(() => null)
    if (!open || entry.users > 0 || open.runner.isBusy) return
    if (this.#entries.get(conversationId) !== entry) return
    this.#entries.delete(conversationId)
    this.#shelf.put(conversationId, open.conversation.known)
    shut(open)
  }
}

/** The store may keep other logs beside conversations, which are nobody's to open. */
function noConversation(id: string): ToolwireError {
  return new ToolwireError('UNAUTHORIZED', `"${id}" is no conversation.`, {
    hint: 'Ids that begin with "audit:" are reserved.',
  })
}

/** Why a closed server does nothing more. */
export function closedServer(): ToolwireError {
  return new ToolwireError('TRANSPORT_CLOSED', 'The server is closed.', {
    hint: 'What is stored goes on when another server with the same store takes it up.',
  })
}

function shut({ conversation, runner, unfollow }: Open): void {
  runner.close()
  unfollow()
  conversation.close()
}
