import { isObject } from '../../base/index.ts'

/** What a client draws by chance, so that it is another each time: recorded ids and those of the client now. */
export class RecordedIds {
  readonly #now = new Map<string, string>()
  /** The life of the client then, and now. */
  #epochs: readonly [unknown, unknown] = [0, 0]

  /** Learns from a hello, then and now. */
  meetHello(then: Record<string, unknown>, now: Record<string, unknown>): void {
    this.#meet(then['conversationId'], now['conversationId'])
    this.#meet(then['clientId'], now['clientId'])
    this.#epochs = [then['epoch'], now['epoch']]
  }

  /** Learns from a message that was sent, then and now. */
  meetSend(then: Record<string, unknown>, now: Record<string, unknown>): void {
    this.#meet(then['turnId'], now['turnId'])
    if (isObject(then['message']) && isObject(now['message']))
      this.#meet(then['message']['id'], now['message']['id'])
  }

  /** A recorded value, as it is for the client now. */
  translate(value: unknown): unknown {
    if (typeof value === 'string') return this.#now.get(value) ?? this.#translateKey(value)
    if (Array.isArray(value)) return value.map((item) => this.translate(item))
    if (!isObject(value)) return value
    const entries = Object.entries(value).map(([name, item]) => [name, this.translate(item)])
    const [then, now] = this.#epochs
    const isHeld = typeof value['holder'] === 'string' && value['epoch'] === then
    return { ...Object.fromEntries(entries), ...(isHeld && { epoch: now }) }
  }

  /** The key of a command may hold an id. */
  #translateKey(text: string): string {
    const [, type = '', id = ''] = /^(send|stop):(.+)$/.exec(text) ?? []
    const now = this.#now.get(id)
    return now === undefined ? text : `${type}:${now}`
  }

  #meet(then: unknown, now: unknown): void {
    if (typeof then === 'string' && typeof now === 'string') this.#now.set(then, now)
  }
}
