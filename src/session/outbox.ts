import { type ClientCommand, type ReplyFrame, commandKey } from '../protocol/index.ts'

interface Pending {
  readonly command: ClientCommand
  readonly resolve: (reply: ReplyFrame) => void
  readonly reject: (error: unknown) => void
}

/** Commands that are not answered yet. They are sent again on every new link: each is idempotent by its key. */
export class Outbox {
  readonly #pending = new Map<string, Pending>()

  /** Commands to send, oldest first. */
  get commands(): readonly ClientCommand[] {
    return [...this.#pending.values()].map(({ command }) => command)
  }

  /** The command under `key`, while it is not answered. */
  find(key: string): ClientCommand | undefined {
    return this.#pending.get(key)?.command
  }

  /** Keeps `command` until it is answered; resolves with the answer. */
  add(command: ClientCommand): Promise<ReplyFrame> {
    return new Promise((resolve, reject) => {
      const key = commandKey(command)
      const earlier = this.#pending.get(key)
      this.#pending.set(key, {
        command,
        resolve(reply) {
          earlier?.resolve(reply)
          resolve(reply)
        },
        reject(error) {
          earlier?.reject(error)
          reject(error)
        },
      })
    })
  }

  /** The answer to a command came; nobody waits for a second one. */
  answer(reply: ReplyFrame): void {
    this.#take(reply.c)?.resolve(reply)
  }

  /** The command can never be carried out. */
  refuse(command: ClientCommand, error: unknown): void {
    this.#take(commandKey(command))?.reject(error)
  }

  /** Nothing will be sent any more. */
  close(error: unknown): void {
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }

  #take(key: string): Pending | undefined {
    const pending = this.#pending.get(key)
    this.#pending.delete(key)
    return pending
  }
}
