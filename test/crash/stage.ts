import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Chance } from '../simulate/chance.ts'
import { Fleet } from './fleet.ts'
import { OwnDatabase } from './own-database.ts'
import { OwnRedis } from './own-redis.ts'
import type { Blow, CrashPlan } from './plan.ts'
import { WitnessFile } from './witness-file.ts'

/** All that a run breaks: servers, a Redis and a database of its own; and the witness, which nothing breaks. */
export class Stage {
  readonly database: OwnDatabase
  readonly redis: OwnRedis
  readonly fleet: Fleet
  readonly witness: WitnessFile
  readonly #folder: string
  #struck: Promise<void> = Promise.resolve()

  private constructor(plan: CrashPlan, database: OwnDatabase, redis: OwnRedis) {
    this.database = database
    this.redis = redis
    this.#folder = mkdtempSync(path.join(tmpdir(), 'toolwire-crash-'))
    const witnessPath = path.join(this.#folder, 'witness.jsonl')
    writeFileSync(witnessPath, '')
    this.witness = new WitnessFile(witnessPath)
    const { seed } = plan
    const places = { postgresUrl: database.url, redisUrl: redis.url, witnessPath }
    this.fleet = new Fleet({ seed, ...places }, new Chance(seed))
  }

  static async open(plan: CrashPlan): Promise<Stage> {
    const redis = await OwnRedis.start()
    const database = await OwnDatabase.create().catch(async (error: unknown) => {
      await redis.end()
      throw error
    })
    const stage = new Stage(plan, database, redis)
    await stage.fleet.start().catch(async (error: unknown) => {
      await stage.close()
      throw error
    })
    return stage
  }

  /** Deals a blow, and waits for nothing that follows from it. */
  strike(blow: Blow): void {
    switch (blow.kind) {
      case 'kill':
        return this.fleet.kill(blow.server)
      case 'redis-restart':
        return this.#follow(() => this.redis.restart(blow.downMs))
      case 'postgres-cut':
        return this.#follow(() => this.database.cut())
    }
  }

  /** Resolves when every blow was dealt, and what was struck is back. */
  get mended(): Promise<void> {
    return this.#struck
  }

  async close(): Promise<void> {
    this.fleet.killAll()
    await this.redis.end()
    await this.database.drop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** One after another: what is down already cannot be struck. */
  #follow(blow: () => Promise<void>): void {
    this.#struck = this.#struck.then(blow)
  }
}
