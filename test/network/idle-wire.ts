import { AsyncQueue, type World } from '../../src/base/index.ts'
import type { Connection, Listener, Transport } from '../../src/ports/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'

/** A memory wire whose links go dead, without a word to either end, when nothing passed for `idleMs`. */
export class IdleWire implements Transport, Listener {
  readonly name = 'idle'
  readonly beatMs?: number
  deaths = 0
  readonly #wire = memoryTransport()
  readonly #world: World
  readonly #idleMs: number

  constructor(world: World, options: { readonly idleMs: number; readonly beatMs?: number }) {
    this.#world = world
    this.#idleMs = options.idleMs
    if (options.beatMs !== undefined) this.beatMs = options.beatMs
  }

  listen(onConnection: (connection: Connection) => void): () => void {
    return this.#wire.listen(onConnection)
  }

  async connect(...args: Parameters<Transport['connect']>): Promise<Connection> {
    const connection = await this.#wire.connect(...args)
    const frames = new AsyncQueue<unknown>()
    let isDead = false
    let stopWaiting = (): void => {}
    const stir = (): void => {
      stopWaiting()
      stopWaiting = this.#world.setTimer(this.#idleMs, () => {
        isDead = true
        this.deaths++
      })
    }
    const read = async (): Promise<void> => {
      for await (const frame of connection.frames)
        if (!isDead) {
          stir()
          frames.push(frame)
        }
      // The other end of a dead link may close it; this one does not hear of it.
      if (!isDead) frames.end()
    }
    const [, signal] = args
    signal.addEventListener('abort', () => frames.end(), { once: true })
    stir()
    void read()
    return {
      frames,
      async send(frame) {
        if (isDead) return
        stir()
        await connection.send(frame)
      },
      close() {
        stopWaiting()
        frames.end()
        connection.close()
      },
    }
  }
}
