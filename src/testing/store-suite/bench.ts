import type { Store, StoreQueries, StoreUpkeep } from '../../ports/index.ts'

/** A store as it is tried out. */
export interface StoreBench {
  readonly store: Store & Partial<StoreQueries & StoreUpkeep>
  /** A second way to the same data, as another process has it; closed with the bench. */
  readonly another?: () => Promise<Store>
  /** Lets go of the store and of its data. */
  readonly close?: () => Promise<void>
}

/** The bench, with what its store can do beside the log. */
export interface StoreStand extends StoreBench {
  readonly queries?: StoreQueries
  readonly upkeep?: StoreUpkeep
}

export interface StoreCase {
  readonly name: string
  readonly run: (stand: StoreStand) => Promise<void>
}
