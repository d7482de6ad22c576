import { ToolwireError } from '../base/index.ts'
import type { DeleteFilter } from '../ports/index.ts'

/** Everything is deleted by nobody by mistake. */
export function checkDeleteFilter(filter: DeleteFilter): void {
  const { conversationId, ownerId, unchangedSince } = filter
  if ([conversationId, ownerId, unchangedSince].some((given) => given !== undefined)) return
  throw new ToolwireError('INVALID_OPTIONS', 'deleteConversations was not told what to delete.', {
    hint: 'Give a conversationId, an ownerId or unchangedSince.',
  })
}
