import { ToolwireError, type World, canonicalJson } from '../base/index.ts'
import type { Store } from '../ports/index.ts'
import type { Command, ConversationEvent, ServerFrame } from '../protocol/index.ts'
import {
  type ConversationState,
  type Decision,
  decide,
  emptyConversation,
  evolve,
} from '../turn/index.ts'
import { LiveDraft } from './live-draft.ts'
import { MirroredDraft } from './mirrored-draft.ts'

/** Told of every committed event in order, whoever committed it. */
export type CommitListener = (
  events: readonly ConversationEvent[],
  firstSeq: number,
  commit: Commit,
) => void

export interface Commit {
  /** The state that the first of the events met. */
  readonly before: ConversationState
  /** How many of them, from the first on, this node committed; the others are news of other nodes. */
  readonly own: number
}

/** Told when the store lost events that were seen here, and the state went back to what it has. */
export type LossListener = (error: ToolwireError) => void

/** Told of what is shown but not kept, text under way and progress, and whether that is of this node. */
export type LiveListener = (frame: ServerFrame, isOwn: boolean) => void

/** A log as far as it was read. */
export interface KnownLog {
  readonly state: ConversationState
  /** The event that `state` ends with. */
  readonly last: ConversationEvent
}

// Conflicts mean that another node was faster; each round one of them gets on, so few rounds suffice.
const maxRounds = 50

/**
 * One conversation as this node knows it: a cached state that follows the store's log, and the only way to
 * change it. Safety is the store's compare-and-set; the cache may be stale and costs a second try then.
 */
export class Conversation {
  readonly id: string
  readonly draft: LiveDraft = new LiveDraft((frame) => this.publish(frame))
  /** What another node writes. It is not the same as `draft`: a node may write on that lost its step. */
  readonly mirror: MirroredDraft = new MirroredDraft((frame) => this.show(frame))
  readonly #store: Store
  readonly #world: World
  readonly #commitListeners = new Set<CommitListener>()
  readonly #lossListeners = new Set<LossListener>()
  readonly #liveListeners = new Set<LiveListener>()
  readonly #unwatch: () => void
  #state: ConversationState = emptyConversation
  #last: ConversationEvent | null = null
  /** What was to be committed, where the store's answer was lost. */
  #unsure: readonly ConversationEvent[] = []
  #tail: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(id: string, store: Store, world: World) {
    this.id = id
    this.#store = store
    this.#world = world
    // A hint that cannot be followed is dropped: the next command reads again, and fails aloud.
    this.#unwatch = store.watch(id, () => void this.refresh().catch(() => {}))
  }

  get state(): ConversationState {
    return this.#state
  }

  /** What a later cache of the same log may begin with. */
  get known(): KnownLog | null {
    return this.#last && { state: this.#state, last: this.#last }
  }

  /** Reads the log; where it goes on from `known`, only what is new. */
  open(known: KnownLog | null): Promise<void> {
    return this.#inTurn(async () => {
      if (!known || !(await this.#goOnFrom(known))) await this.#refresh()
    })
  }

  /** Reads what the store has beyond the cache. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#refresh())
  }

  /**
   * Decides `command` against the newest state and commits what follows. Resolves once that is stored;
   * rejects with `STORE_FAILED` where the store could not be used, and then nothing is known to have happened.
   */
  execute(command: Command): Promise<Decision> {
    return this.#inTurn(() => this.#execute(command))
  }

  /** The stored events after `version`. */
  read(version: number): Promise<readonly ConversationEvent[]> {
    return this.#store.read(this.id, version)
  }

  onCommit(listener: CommitListener): () => void {
    this.#commitListeners.add(listener)
    return () => this.#commitListeners.delete(listener)
  }

  onLoss(listener: LossListener): () => void {
    this.#lossListeners.add(listener)
    return () => this.#lossListeners.delete(listener)
  }

  onLive(listener: LiveListener): () => void {
    this.#liveListeners.add(listener)
    return () => this.#liveListeners.delete(listener)
  }

  /** Shows a frame that is not kept to whoever watches now, here or elsewhere. */
  publish(frame: ServerFrame): void {
    for (const listener of this.#liveListeners) listener(frame, true)
  }

  /** Shows a frame of another node to whoever watches here. */
  show(frame: ServerFrame): void {
    for (const listener of this.#liveListeners) listener(frame, false)
  }

  /** The text under way as far as it is known here, for somebody who comes now. */
  liveFrames(): readonly ServerFrame[] {
    const messageId = this.#state.turn?.running?.messageId
    const mirrored = this.mirror.frames(messageId)
    return mirrored.length > 0 ? mirrored : this.draft.frames()
  }

  /** Whether anybody follows this conversation here. */
  get isFollowed(): boolean {
    return this.#liveListeners.size > 0
  }

  /** Lets go of the conversation: what still runs for it here can commit nothing any more. */
  close(): void {
    this.#closed = true
    this.#unwatch()
  }

  async #execute(command: Command): Promise<Decision> {
    if (this.#closed)
      throw new ToolwireError('ABORTED', `Conversation "${this.id}" is no longer served here.`)
    let isCurrent = false
    for (let round = 0; round < maxRounds; round++) {
      const decision = decide(this.#state, command, this.#world.now())
      if (decision.events.length === 0) {
        // A cache may lag behind: what it refuses may be due by now.
        if (isCurrent) return decision
        await this.#refresh()
        isCurrent = true
        continue
      }
      const result = await this.#store.commit(this.id, this.#state.version, decision.events)
      if (result === 'committed') {
        this.#apply(decision.events, decision.events.length)
        return decision
      }
      // Commands are idempotent, so after a lost answer the same command shows what became of the first try.
      const { version } = this.#state
      if (result === 'unknown') this.#unsure = decision.events.map(asStored)
      await this.#refresh()
      if (result === 'conflict' && this.#state.version === version) await this.#lookForLoss()
    }
    throw new ToolwireError(
      'STORE_FAILED',
      `Conversation "${this.id}" changes too fast to commit.`,
      {
        hint: 'Another node commits to it all the time; look for a loop there.',
      },
    )
  }

  /** Whether the log still has its last known event; another one may have begun under the same id. */
  async #goOnFrom({ state, last }: KnownLog): Promise<boolean> {
    const [same, ...news] = await this.#store.read(this.id, state.version - 1)
    if (!same || canonicalJson(asStored(same)) !== canonicalJson(asStored(last))) return false
    this.#state = state
    this.#last = last
    if (news.length > 0) this.#apply(news, 0)
    return true
  }

  async #refresh(): Promise<void> {
    const events = await this.#store.read(this.id, this.#state.version)
    const unsure = this.#unsure
    this.#unsure = []
    if (events.length === 0) return
    const isOurs = canonicalJson(events.slice(0, unsure.length)) === canonicalJson(unsure)
    this.#apply(events, isOurs ? unsure.length : 0)
  }

  /** A conflict without news: the store may have forgotten the conversation, or came back with an older log. */
  async #lookForLoss(): Promise<void> {
    const events = await this.#store.read(this.id, 0)
    if (events.length >= this.#state.version) return
    this.#state = events.reduce(evolve, emptyConversation)
    this.#last = events.at(-1) ?? null
    const error = new ToolwireError('STORE_FAILED', `The store lost events of "${this.id}".`, {
      hint: 'The conversation goes on from what is left. Use a durable store, or one with more room.',
    })
    for (const listener of this.#lossListeners) listener(error)
    throw error
  }

  #apply(events: readonly ConversationEvent[], own: number): void {
    const before = this.#state
    this.#state = events.reduce(evolve, before)
    this.#last = events.at(-1) ?? this.#last
    for (const listener of this.#commitListeners)
      listener(events, before.version + 1, { before, own })
  }

  /** One at a time: the next command decides on what the last one left. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work)
    this.#tail = result.catch(() => {})
    return result
  }
}

/** An event as a store gives it back. */
function asStored(event: ConversationEvent): ConversationEvent {
  return JSON.parse(JSON.stringify(event))
}
