import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'

export interface ProxyOptions {
  /** A link without a byte for so long goes dead, and nobody is told: as a forgetful router does it. */
  readonly idleMs?: number
  /** Asked with every piece on its way: the link of one that answers `true` is reset. */
  readonly isFatal?: () => boolean
}

/** A TCP proxy before a server, which does on request what networks do unasked. */
export class Proxy {
  /** Links that were reset, and links that went dead in silence. */
  resets = 0
  deaths = 0
  readonly #server: Server
  readonly #links = new Set<Link>()
  #isReading = true

  private constructor(target: number, options: ProxyOptions) {
    this.#server = createServer((near) => {
      const link = new Link(near, connect(target, '127.0.0.1'), {
        ...options,
        onReset: () => this.resets++,
        onDeath: () => this.deaths++,
        onEnd: () => this.#links.delete(link),
      })
      this.#links.add(link)
      if (!this.#isReading) link.stopReading()
    })
  }

  static async open(target: number, options: ProxyOptions = {}): Promise<Proxy> {
    const proxy = new Proxy(target, options)
    await new Promise<void>((resolve) => void proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    // It listens on a port, so its address is no pipe.
    return (this.#server.address() as AddressInfo).port
  }

  /** Resets every link, as where a machine between the ends was restarted. */
  reset(): void {
    for (const link of this.#links) link.reset()
  }

  /** Carries nothing on the links that are open, in either direction, and says nothing. */
  freeze(): void {
    for (const link of this.#links) link.die()
  }

  /** Takes nothing more from the server, on links to come neither: what it sends piles up at its end. */
  stopReading(): void {
    this.#isReading = false
    for (const link of this.#links) link.stopReading()
  }

  readAgain(): void {
    this.#isReading = true
    for (const link of this.#links) link.readAgain()
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()))
    for (const link of this.#links) link.end()
    await closed
  }
}

interface LinkOptions extends ProxyOptions {
  readonly onReset: () => void
  readonly onDeath: () => void
  readonly onEnd: () => void
}

/** One client's socket and the one that the proxy opened for it. */
class Link {
  readonly #near: Socket
  readonly #far: Socket
  readonly #options: LinkOptions
  #idle: NodeJS.Timeout | undefined
  #isDead = false
  #isReading = true

  constructor(near: Socket, far: Socket, options: LinkOptions) {
    this.#near = near
    this.#far = far
    this.#options = options
    this.#carry(near, far)
    this.#carry(far, near)
    this.#stir()
  }

  reset(): void {
    if (this.#near.destroyed && this.#far.destroyed) return
    this.#options.onReset()
    this.#near.resetAndDestroy()
    this.#far.resetAndDestroy()
  }

  die(): void {
    if (this.#isDead) return
    this.#isDead = true
    this.#options.onDeath()
  }

  stopReading(): void {
    this.#isReading = false
    this.#far.pause()
  }

  readAgain(): void {
    this.#isReading = true
    this.#far.resume()
  }

  end(): void {
    this.#near.destroy()
    this.#far.destroy()
  }

  #carry(from: Socket, to: Socket): void {
    from.setNoDelay(true)
    from.on('data', (piece) => {
      if (this.#isDead) return
      this.#stir()
      if (this.#options.isFatal?.()) return this.reset()
      if (to.write(piece)) return
      from.pause()
      to.once('drain', () => {
        if (from !== this.#far || this.#isReading) from.resume()
      })
    })
    // A `close` follows.
    from.on('error', () => {})
    from.on('close', () => {
      clearTimeout(this.#idle)
      if (!this.#isDead) to.destroy()
      if (this.#near.destroyed && this.#far.destroyed) this.#options.onEnd()
    })
  }

  #stir(): void {
    clearTimeout(this.#idle)
    const { idleMs } = this.#options
    if (idleMs !== undefined) this.#idle = setTimeout(() => this.die(), idleMs)
  }
}
