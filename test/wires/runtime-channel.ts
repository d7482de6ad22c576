import type { RuntimeEvent, RuntimePort } from '../../src/transports/runtime-port.ts'

class Listeners<T extends (...args: never[]) => void> implements RuntimeEvent<T> {
  readonly all: Set<T> = new Set()

  addListener(listener: T): void {
    this.all.add(listener)
  }

  removeListener(listener: T): void {
    this.all.delete(listener)
  }
}

/** The ports of `chrome.runtime` as they behave: copies as JSON, later than the call, to the other end only. */
export class RuntimeChannel {
  readonly onConnect: Listeners<(port: RuntimePort) => void> = new Listeners()

  connect(name: string): RuntimePort {
    const [near, far] = [new Port(name), new Port(name)]
    near.other = far
    far.other = near
    setImmediate(() => {
      for (const listener of this.onConnect.all) listener(far)
    })
    return near
  }
}

class Port implements RuntimePort {
  readonly name: string
  readonly sender: { readonly id: string } = { id: 'me' }
  readonly onMessage: Listeners<(message: unknown) => void> = new Listeners()
  readonly onDisconnect: Listeners<() => void> = new Listeners()
  other: Port | null = null

  constructor(name: string) {
    this.name = name
  }

  postMessage(message: unknown): void {
    if (!this.other) throw new Error('Attempting to use a disconnected port object')
    const copy = JSON.stringify(message)
    const { other } = this
    setImmediate(() => {
      for (const listener of other.onMessage.all) listener(JSON.parse(copy))
    })
  }

  disconnect(): void {
    const { other } = this
    this.other = null
    if (!other) return
    other.other = null
    setImmediate(() => {
      for (const listener of other.onDisconnect.all) listener()
    })
  }
}
