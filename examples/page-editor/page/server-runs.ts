import type { Snapshot } from 'toolwire/client'
import { type ToolPart, isTerminal } from 'toolwire/protocol'
import type { Run } from '../witness.ts'

/** What handlers on servers wrote down, as far as this tab asked for it. */
export class ServerRuns {
  runs: readonly Run[] = []
  readonly #counted = new Set<string>()
  #isAsking = false

  /** Whether what is known here is all that there will be of a call that is over. */
  readonly isCounted = ({ executor, toolCallId }: ToolPart): boolean =>
    executor !== 'server' || this.#counted.has(toolCallId)

  /** Asks where a call is over that was not counted; answers whether more is known now. */
  async ask({ calls, connection }: Snapshot): Promise<boolean> {
    const over = calls.filter((call) => isTerminal(call.state) && !this.isCounted(call))
    if (this.#isAsking || connection !== 'open' || over.length === 0) return false
    this.#isAsking = true
    // A server that is being restarted is asked again when the tab is connected to the next.
    const answer = await fetch('/runs').catch(() => null)
    this.#isAsking = false
    if (!answer) return false
    this.runs = await answer.json()
    for (const { toolCallId } of over) this.#counted.add(toolCallId)
    return true
  }
}
