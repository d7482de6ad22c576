import { isToolwireError } from '../base/index.ts'
import { failure } from '../guards/index.ts'
import type { ClientCommand, ReplyFrame, ResultCommand } from '../protocol/index.ts'

interface HandInOptions {
  readonly request: (command: ClientCommand) => Promise<ReplyFrame>
  /** Hears of a result that the server will never take. */
  readonly onRefused: (error: unknown) => void
}

/** Sends a result until it is answered. One that no request can carry is replaced by saying so. */
export async function handIn(result: ResultCommand, options: HandInOptions): Promise<void> {
  const refusal = await refusalOf(result, options)
  if (refusal === null) return
  options.onRefused(refusal)
  // Whatever of it may be large.
  const { output: _, errorForUser: __, ...rest } = result
  await refusalOf({ ...rest, ...refused }, options)
}

async function refusalOf(result: ResultCommand, { request }: HandInOptions): Promise<unknown> {
  try {
    const { st } = await request(result)
    const isRefused = st === 'denied' || st === 'conflict'
    return isRefused ? `The server refused a result: ${st}.` : null
  } catch (error) {
    if (isToolwireError(error) && error.code === 'COMMAND_REFUSED') return error
    throw error
  }
}

const refused = failure(
  'result-refused',
  'The tool ran, but its result could not be sent: it is too large or holds what JSON frames may not.',
)
