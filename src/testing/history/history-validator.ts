import type { HistoryProblem } from './place.ts'

export interface HistoryOptions {
  /**
   * Whose rules count beside those that all servers of the format share: a name as in the options of the
   * adapter. A name without rules of its own, and none, adds nothing.
   */
  readonly flavor?: string | undefined
}

/** Says for what a server would refuse the history in `body`, the parsed JSON of a request; nothing where it takes it. */
export type HistoryValidator = (
  body: unknown,
  options?: HistoryOptions,
) => readonly HistoryProblem[]
