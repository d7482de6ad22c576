import type { ToolClient } from 'toolwire/client'
import type { CallLog } from './terminal.ts'

/** Says yes to every question, once. Returns how to stop that. */
export function approveAll(client: ToolClient, log: CallLog): () => void {
  const asked = new Set<string>()
  return client.subscribe(() => {
    for (const { state, toolCallId } of client.getSnapshot().calls) {
      if (state !== 'approval-requested' || asked.has(toolCallId)) continue
      asked.add(toolCallId)
      client.approve(toolCallId).catch((error: unknown) => log.fail(error))
    }
  })
}

/** Resolves when the answer to the last message is complete. */
export function turnOver(client: ToolClient): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      const { status, messages } = client.getSnapshot()
      const answered = messages.at(-1)?.role === 'assistant'
      if (status !== 'error' && !(status === 'ready' && answered)) return
      unsubscribe()
      resolve()
    }
    const unsubscribe = client.subscribe(check)
    check()
  })
}

export async function withinMs(limitMs: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${limitMs} ms`)), limitMs)
  })
  await Promise.race([work, limit]).finally(() => clearTimeout(timer))
}
