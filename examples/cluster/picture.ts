/** All that the page and the terminal show, at one moment. */
export interface Picture {
  readonly clients: number
  readonly servers: readonly ServerPicture[]
  readonly turns: number
  /** Calls that ended, by state. */
  readonly calls: Readonly<Record<string, number>>
  /** Turns that another process went on with, after that which worked at them was killed. */
  readonly takeovers: number
  /** Turns of a killed process that nobody took up so far. */
  readonly waiting: number
  readonly doubleRuns: number
  /** Calls that were held to their logs, and what was wrong with them. */
  readonly checkedCalls: number
  readonly faults: number
  /** The newest first. */
  readonly news: readonly News[]
}

export interface ServerPicture {
  readonly number: number
  readonly state: 'starting' | 'serving' | 'dead'
  readonly port: number
  readonly pid?: number
  readonly backInMs?: number
  readonly turns: number
  /** Turns that ended in each of the last seconds, the newest last. */
  readonly rates: readonly number[]
}

export interface News {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly text: string
}
