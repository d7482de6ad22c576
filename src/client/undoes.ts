import { ToolwireError } from '../base/index.ts'
import type { ConversationState } from '../turn/index.ts'

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Who waits until what they asked to take back was taken back, or could not be. */
export class Undoes {
  readonly #waiting = new Map<string, Waiting>()

  /** Resolves once request `undoId` is over; the reply to it may have come before its events. */
  end(undoId: string, conversation: ConversationState): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(undoId, { resolve, reject })
      this.react(conversation)
    })
  }

  react({ undoables }: ConversationState): void {
    for (const [undoId, { resolve, reject }] of this.#waiting) {
      const calls = undoables.filter((one) => one.undoId === undoId)
      if (calls.length === 0 || calls.some(({ state }) => state === 'undoing')) continue
      this.#waiting.delete(undoId)
      const failed = calls.find(({ errorCode }) => errorCode !== undefined)
      if (!failed) resolve()
      else {
        const { toolCallId, errorCode, errorForUser, errorText } = failed
        const why = `${errorForUser ?? errorText ?? ''} (${errorCode})`
        reject(
          new ToolwireError('UNDO_FAILED', `Call "${toolCallId}" was not taken back: ${why}`, {
            toolCallId,
            hint: 'Look at what the call changed, and at `undo` of its part.',
          }),
        )
      }
    }
  }

  close(): void {
    for (const { reject } of this.#waiting.values())
      reject(new ToolwireError('TRANSPORT_CLOSED', 'The client was closed before the undo ended.'))
    this.#waiting.clear()
  }
}
