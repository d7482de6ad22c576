import { ToolwireError, systemWorld } from '../../base/index.ts'

export interface Patience {
  /** The promise that is waited for, as in `"connect" has to settle`. */
  readonly what: string
  readonly patienceMs: number
}

/** Waits for `work`; fails the case where it has not settled in time. */
export function within<T>(work: Promise<T>, { what, patienceMs }: Patience): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = systemWorld.setTimer(patienceMs, () => {
      reject(
        new ToolwireError('SUITE_FAILED', `${what}, and has not within ${patienceMs} ms.`, {
          hint: 'The ports of src/ports/transport.ts say what a transport promises.',
        }),
      )
    })
    work.then(resolve, reject).finally(stop)
  })
}
