import { type World, isObject } from '../base/index.ts'
import type { Conversation } from '../engine/index.ts'
import type { BrokerListener } from '../ports/index.ts'
import { type ServerFrame, parseServerFrame } from '../protocol/index.ts'

/** What another node told, as it came. */
export type News = Readonly<Record<string, unknown>>

export interface NewsListener extends Omit<BrokerListener, 'message'> {
  readonly news: (news: News) => void
}

/** How nodes tell each other something; what cannot be told is not told. */
export interface Exchange {
  readonly world: World
  tell(topic: string, news: object): void
  hear(topic: string, listener: NewsListener): () => void
}

/** How often the store is read while nobody says that there is something new. */
const pollMs = 1_000

/** One conversation that several nodes may have in hand: each tells the others of its commits, and of text under way. */
export class SharedConversation {
  readonly #conversation: Conversation
  readonly #exchange: Exchange
  readonly #topic: string
  readonly #stops: readonly (() => void)[]
  #stopPolling: () => void = () => {}
  /** The message whose text is asked for already. */
  #asked: string | null = null

  constructor(conversation: Conversation, exchange: Exchange) {
    this.#conversation = conversation
    this.#exchange = exchange
    this.#topic = `conversation:${conversation.id}`
    this.#stops = [
      exchange.hear(this.#topic, {
        ready: () => this.#onReady(),
        lost: () => this.#poll(),
        news: (news) => this.#onNews(news),
      }),
      conversation.onCommit((_, __, { own }) => this.#onCommit(own)),
      conversation.onLive((frame, isOwn) => {
        if (isOwn) this.#tell({ frame })
      }),
    ]
    this.#poll()
  }

  close(): void {
    this.#stopPolling()
    for (const stop of this.#stops) stop()
  }

  get #runningId(): string | undefined {
    return this.#conversation.state.turn?.running?.messageId
  }

  #tell(news: object): void {
    this.#exchange.tell(this.#topic, news)
  }

  #onCommit(own: number): void {
    const { state, mirror } = this.#conversation
    if (own > 0) this.#tell({ version: state.version })
    if (!state.turn?.running) mirror.end()
  }

  #onReady(): void {
    this.#stopPolling()
    // What was told before was not heard.
    this.#asked = null
    void this.#refresh().then(() => {
      if (this.#runningId !== undefined) this.#askFor(this.#runningId)
    })
  }

  #onNews({ version, frame, asks }: News): void {
    if (typeof version === 'number' && version > this.#conversation.state.version)
      void this.#refresh()
    // The whole text goes to everybody; whoever has it takes nothing twice.
    if (typeof asks === 'string' && asks === this.#runningId)
      for (const own of this.#conversation.draft.frames()) this.#tell({ frame: own })
    const shown = frameOf(frame)
    if (shown?.k === 'p') this.#conversation.show(shown)
    if (shown?.k === 'd') this.#onText(shown)
  }

  #onText(frame: Extract<ServerFrame, { k: 'd' }>): void {
    if (frame.m === this.#runningId && this.#conversation.mirror.take(frame)) {
      if (frame.o === 0) this.#asked = null
      return
    }
    // Text came before the event that begins its message, or some of it did not come.
    void this.#refresh().then(() => {
      if (frame.m === this.#runningId) this.#askFor(frame.m)
    })
  }

  /** Asks for the text so far, once: what is lost then comes with the message itself. */
  #askFor(messageId: string): void {
    if (this.#asked === messageId) return
    this.#asked = messageId
    this.#tell({ asks: messageId })
  }

  /** A hint that cannot be followed is dropped: the next one, or the next command, reads again. */
  #refresh(): Promise<void> {
    return this.#conversation.refresh().catch(() => {})
  }

  #poll(): void {
    this.#stopPolling()
    const again = (): void => {
      void this.#refresh()
      this.#poll()
    }
    this.#stopPolling = this.#exchange.world.setTimer(pollMs, again, { keepAlive: false })
  }
}

/** Only what is shown and not kept comes by this way. */
function frameOf(value: unknown): ServerFrame | null {
  try {
    return isObject(value) ? parseServerFrame(value) : null
  } catch {
    return null
  }
}
