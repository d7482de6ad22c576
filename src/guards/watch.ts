import { type World, newErrorId } from '../base/index.ts'
import type {
  AttemptFacts,
  AttemptFinished,
  AttemptStarted,
  Happening,
  Observer,
} from '../ports/index.ts'
import type { CallOutcome } from '../protocol/index.ts'
import type { ErrorReport } from './mask-error.ts'

export interface WatchOptions {
  readonly observer: Observer | undefined
  readonly world: World
  readonly onError: (report: ErrorReport) => void
}

/** What is told at one end only. */
export interface AttemptEnds {
  readonly begun?: Partial<AttemptStarted>
  readonly ended?: (outcome: CallOutcome) => Partial<AttemptFinished>
}

/** Stands between an observer and what it watches: whatever the observer does, the work is done once and as ever. */
export class Watch {
  readonly #options: WatchOptions

  constructor(options: WatchOptions) {
    this.#options = options
  }

  tell(happening: Happening): void {
    this.#safely((observer) => observer.observe(happening))
  }

  /** Does `work` as part of what has this id. */
  within<T>(id: string, work: () => Promise<T>): Promise<T> {
    let done: Promise<T> | null = null
    const once = (): Promise<T> => (done ??= work())
    this.#safely((observer) => {
      const given = observer.within?.(id, once)
      return given === done ? undefined : given
    })
    return once()
  }

  /** Runs an attempt at a call, and tells of both its ends. */
  async attempt(
    facts: Omit<AttemptFacts, 'at'>,
    work: () => Promise<CallOutcome>,
    { begun, ended }: AttemptEnds,
  ): Promise<CallOutcome> {
    const { world } = this.#options
    this.tell({ ...begun, ...facts, type: 'attempt-started', at: world.now() })
    let outcome: CallOutcome = { state: 'outcome-unknown' }
    try {
      outcome = await this.within(facts.id, work)
      return outcome
    } finally {
      const { state, errorCode } = outcome
      const end = { ...ended?.(outcome), ...facts, state, ...(errorCode && { errorCode }) }
      this.tell({ ...end, type: 'attempt-finished', at: world.now() })
    }
  }

  /** Has the observer do something; what it throws, now or later, is for the operator. */
  #safely(act: (observer: Observer) => unknown): void {
    const { observer, world, onError } = this.#options
    const report = (error: unknown): void => onError({ errorId: newErrorId(world), error })
    try {
      const given = observer && act(observer)
      if (given instanceof Promise) given.catch(report)
    } catch (error) {
      report(error)
    }
  }
}
