import { type ConversationState, archiveTurn, noteUntrusted } from '../turn/index.ts'
import { archiveFacts } from './archive.ts'

/** Names of the tools by which text of strangers came into the conversation, each once. */
export function untrustedNames({ messages, turn }: ConversationState): readonly string[] {
  const names = new Set(before(messages))
  for (const message of archiveTurn(turn)) noteUntrusted(names, message)
  return [...names]
}

const before = archiveFacts(() => new Set<string>(), noteUntrusted)
