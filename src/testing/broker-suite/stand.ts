import { isToolwireError, systemWorld } from '../../base/index.ts'
import type { Broker } from '../../ports/index.ts'
import { demand } from '../suite-case.ts'
import type { BrokerBench } from './bench.ts'

export interface StandCase {
  readonly name: string
  readonly run: (stand: Stand) => Promise<void>
}

/** What one listener was told. */
export interface Ear {
  readonly messages: string[]
  readys: number
  losts: number
  readonly stop: () => void
}

/** How often is looked at what tells nobody when it changes, in milliseconds. */
const lookEveryMs = 5

/** Two nodes while one case runs. */
export class Stand {
  readonly bench: BrokerBench
  readonly #patienceMs: number

  private constructor(bench: BrokerBench, patienceMs: number) {
    this.bench = bench
    this.#patienceMs = patienceMs
  }

  /** Runs one case; at its end nothing may be left of its nodes. */
  static async with(
    options: {
      readonly open: () => BrokerBench | Promise<BrokerBench>
      readonly patienceMs: number
    },
    work: (stand: Stand) => Promise<void>,
  ): Promise<void> {
    const bench = await options.open()
    const stand = new Stand(bench, options.patienceMs)
    const close = (): Promise<unknown> => Promise.all(bench.nodes.map((node) => node.close()))
    try {
      await work(stand)
      await close()
      await stand.until('A closed broker has to let go of what it holds', async () => {
        const left = await bench.leftovers?.()
        return left === undefined || left === 0
      })
    } finally {
      await close()
      await bench.close?.()
    }
  }

  get nodes(): readonly [Broker, Broker] {
    return this.bench.nodes
  }

  /** Listens, and resolves once `ready` was said. */
  async listen(node: Broker, topic: string): Promise<Ear> {
    const ear = this.listenUnready(node, topic)
    await this.until(`A listener has to be told "ready"`, () => ear.readys > 0)
    return ear
  }

  listenUnready(node: Broker, topic: string): Ear {
    const messages: string[] = []
    const heard = { readys: 0, losts: 0 }
    const stop = node.subscribe(topic, {
      message: (text) => messages.push(text),
      ready: () => {
        heard.readys++
      },
      lost: () => {
        heard.losts++
      },
    })
    return Object.assign(heard, { messages, stop })
  }

  /** Resolves once `holds`. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const end = systemWorld.monotonic() + this.#patienceMs
    while (!(await holds())) {
      demand(systemWorld.monotonic() < end, `${what}, and has not within ${this.#patienceMs} ms.`)
      await this.pass(lookEveryMs)
    }
  }

  /** Never less than `ms` by the clock that brokers count by: a timer may fire a part of a millisecond early. */
  async pass(ms: number): Promise<void> {
    const end = systemWorld.monotonic() + ms
    for (let left = ms; left > 0; left = end - systemWorld.monotonic()) {
      const delayMs = Math.ceil(left)
      await new Promise<void>((resolve) => {
        systemWorld.setTimer(delayMs, resolve)
      })
    }
  }

  /** Demands that `work` ends in time, one way or the other; `null` where it did what it should. */
  async settled(what: string, work: Promise<unknown>): Promise<unknown> {
    let end: { readonly error: unknown } | undefined
    work.then(
      () => {
        end = { error: null }
      },
      (error: unknown) => {
        end = { error }
      },
    )
    await this.until(what, () => end !== undefined)
    return end?.error
  }
}

/** Demands that `error` is the one that stands for a broker that cannot do what it is asked. */
export function demandBrokerFailed(error: unknown, what: string): void {
  const code = isToolwireError(error) ? error.code : String(error)
  demand(code === 'BROKER_FAILED', `${what} has to reject with BROKER_FAILED: ${code} came.`)
}
