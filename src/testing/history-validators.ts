import { anthropicHistory } from './history/anthropic.ts'
import { cohereHistory } from './history/cohere.ts'
import { geminiHistory } from './history/gemini.ts'
import type { HistoryValidator } from './history/history-validator.ts'
import { ollamaHistory } from './history/ollama.ts'
import { chatHistory } from './history/openai-chat.ts'
import { responsesHistory } from './history/openai-responses.ts'

/** Wire formats, as in `Model.format`, whose rules are known here. */
export type HistoryFormat =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic'
  | 'gemini'
  | 'ollama'
  | 'cohere-v2'

/**
 * By `Model.format`: whether the real server would take the history in the body of a request. The rules are
 * those for which servers were seen to answer 400, each with its source in the code; they share nothing with the
 * adapters that write histories, so that a test of one by the other says something.
 */
export const historyValidators: Readonly<Record<HistoryFormat, HistoryValidator>> = {
  'openai-chat': chatHistory,
  'openai-responses': responsesHistory,
  anthropic: anthropicHistory,
  gemini: geminiHistory,
  ollama: ollamaHistory,
  'cohere-v2': cohereHistory,
}
