import type { World } from '../../base/index.ts'
import { Lanes } from './lanes.ts'
import { keys } from './records.ts'
import { refusal } from './refusal.ts'
import type { AssetStorage } from './storage.ts'

export interface QuotaOptions {
  readonly storage: AssetStorage
  readonly world: World
  readonly maxAssets: number
  readonly maxTotalBytes: number
  /** Frees what the deleted assets of an owner still take; resolves with whether that was something. */
  readonly makeRoom: (owner: string) => Promise<boolean>
}

/** Room that is kept free for an asset under way. */
export interface Hold {
  /** Says how much it is after all. */
  resize(bytes: number): Promise<void>
  /** Ends the hold; what it held counts on where it is stored now. */
  end(isStored: boolean): void
}

interface Totals {
  readonly countedAt: number
  assets: number
  bytes: number
}

/** Other processes may store as well, so what was counted is counted anew after this long. */
const countHoldsMs = 60_000

/** What each owner has stored, and may store. */
export class Quota {
  readonly #options: QuotaOptions
  readonly #lanes = new Lanes(1)
  readonly #counted = new Map<string, Totals>()
  readonly #held = new Map<string, { assets: number; bytes: number }>()

  constructor(options: QuotaOptions) {
    this.#options = options
  }

  /** @throws a refusal where there is no room, also after what was deleted is gone for good */
  async hold(owner: string, bytes: number): Promise<Hold> {
    await this.#take(owner, 1, bytes)
    let size = bytes
    return {
      resize: async (actual) => {
        await this.#take(owner, 0, actual - size)
        size = actual
      },
      end: (isStored) => {
        this.#add(this.#held, owner, -1, -size)
        if (isStored) this.#add(this.#counted, owner, 1, size)
      },
    }
  }

  /** What an owner has is counted anew when next asked for, since some of it is gone. */
  forget(owner: string): void {
    this.#counted.delete(owner)
  }

  #take(owner: string, assets: number, bytes: number): Promise<void> {
    return this.#lanes.run(owner, async () => {
      if (!(await this.#fits(owner, assets, bytes))) {
        const isMade = await this.#options.makeRoom(owner)
        if (!isMade || !(await this.#fits(owner, assets, bytes))) throw this.#full(owner)
      }
      const held = this.#held.get(owner) ?? { assets: 0, bytes: 0 }
      this.#held.set(owner, { assets: held.assets + assets, bytes: held.bytes + bytes })
    })
  }

  async #fits(owner: string, assets: number, bytes: number): Promise<boolean> {
    const counted = await this.#count(owner)
    const held = this.#held.get(owner) ?? { assets: 0, bytes: 0 }
    return (
      counted.assets + held.assets + assets <= this.#options.maxAssets &&
      counted.bytes + held.bytes + bytes <= this.#options.maxTotalBytes
    )
  }

  async #count(owner: string): Promise<Totals> {
    const now = this.#options.world.monotonic()
    const known = this.#counted.get(owner)
    if (known && now - known.countedAt < countHoldsMs) return known
    const names = await this.#options.storage.list(keys.files(owner))
    const totals: Totals = {
      countedAt: now,
      assets: new Set(names.map((name) => name.split('/')[2])).size,
      bytes: names.reduce((sum, name) => sum + sizeInName(name), 0),
    }
    this.#counted.set(owner, totals)
    return totals
  }

  #add(
    totals: Map<string, { assets: number; bytes: number }>,
    ...[owner, assets, bytes]: [string, number, number]
  ): void {
    const known = totals.get(owner)
    if (!known) return
    known.assets += assets
    known.bytes += bytes
    if (known.assets === 0 && totals === this.#held) totals.delete(owner)
  }

  #full(owner: string): Error {
    const { maxAssets, maxTotalBytes } = this.#options
    const { assets = 0, bytes = 0 } = this.#counted.get(owner) ?? {}
    return refusal(
      'quota-exceeded',
      `There is no room for another asset: ${assets} of ${maxAssets} are stored, with ${bytes} of ${maxTotalBytes} bytes. Delete what is no longer used (list_assets, delete_asset), or tell the user.`,
    )
  }
}

/** The size stands in the name, so that to count is to list. */
function sizeInName(name: string): number {
  return Number(/\.(\d+)\.[\da-z]+$/.exec(name)?.[1] ?? 0)
}
