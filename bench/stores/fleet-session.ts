import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type RawData, WebSocket } from 'ws'
import { protocolVersion } from '../../src/protocol/index.ts'
import { question } from './turns.ts'

/** A client as small as can be, so that what is measured is the servers. */
export class Session {
  readonly #id = randomUUID()
  #socket: WebSocket | null = null
  #epoch = 0
  #seen = 0
  #isOver = (_: string): void => {}

  /** Goes to another server, from where it got to. */
  async moveTo(port: number): Promise<void> {
    this.leave()
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
    socket.on('message', (data) => this.#take(data))
    await once(socket, 'open')
    this.#socket = socket
    const identity = { conversationId: this.#id, clientId: this.#id, epoch: ++this.#epoch }
    const journal = this.#epoch === 1 ? 'J0' : 'J1'
    this.#say({ k: 'hello', v: protocolVersion, ...identity, from: this.#seen, journal })
  }

  /** Asks, and resolves when the turn is over. */
  async turn(): Promise<void> {
    const turnId = randomUUID()
    const over = new Promise<void>((resolve) => {
      this.#isOver = (ended) => {
        if (ended === turnId) resolve()
      }
    })
    const message = { id: randomUUID(), parts: [{ type: 'text', text: question }] }
    this.#say({ k: 'c', c: { type: 'send', turnId, message } })
    await over
  }

  leave(): void {
    this.#socket?.terminate()
    this.#socket = null
  }

  #say(frame: object): void {
    this.#socket?.send(JSON.stringify(frame))
  }

  #take(data: RawData): void {
    const frame = JSON.parse(Buffer.isBuffer(data) ? data.toString() : '{}')
    if (frame.k === 'bye') throw new Error(`A server said goodbye: ${frame.why}.`)
    if (frame.k === 'e' || frame.k === 'snap') this.#seen = frame.s
    if (frame.k === 'e' && frame.e.type === 'turn-finished') this.#isOver(frame.e.turnId)
  }
}
