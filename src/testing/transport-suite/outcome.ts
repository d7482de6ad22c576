import { isToolwireError } from '../../base/index.ts'
import { demand } from '../suite-case.ts'

/** The code of a {@link ToolwireError}, else what was thrown, as a text. */
export function codeOf(error: unknown): string {
  return isToolwireError(error) ? error.code : String(error)
}

/** Demands that `work` rejects with `TRANSPORT_CLOSED`. */
export async function demandClosed(work: Promise<unknown>, what: string): Promise<void> {
  const outcome = await work.then(() => 'resolves', codeOf)
  demand(
    outcome === 'TRANSPORT_CLOSED',
    `${what}: "TRANSPORT_CLOSED" is promised, and it says "${outcome}".`,
  )
}

/** Demands that a link that is over says so as the port does: it ends, or throws `TRANSPORT_CLOSED`. */
export function demandOver(outcome: string | null, what: string): void {
  demand(
    outcome === null || outcome === 'TRANSPORT_CLOSED',
    `${what}: the frames may end or throw "TRANSPORT_CLOSED", and they throw "${outcome}".`,
  )
}
