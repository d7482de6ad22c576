import type { Json, JsonObject } from '../base/index.ts'
import { fields, isText, items } from './_json.ts'

/**
 * Turns thinking off where the server would refuse it: while an answer with calls is under way, it has to have
 * begun with thinking, and what another model began, or a crash cut, did not.
 */
export function thinkingOf(
  providerOptions: JsonObject | undefined,
  messages: readonly Json[],
): JsonObject {
  const asked = fields(providerOptions?.['thinking'])['type'] === 'enabled'
  const begin = asked ? beginOfAnswer(messages.map(fields)) : undefined
  return !begin || isThinking(begin) ? {} : { thinking: { type: 'disabled' } }
}

/** The first block of the answer whose calls the last message answers. */
function beginOfAnswer(messages: readonly JsonObject[]): JsonObject | undefined {
  const before = messages.slice(0, -1)
  if (!blocksOf(messages.at(-1)).some(isResult)) return undefined
  const spoke = before.findLastIndex(
    (message) => message['role'] === 'user' && !blocksOf(message).every(isResult),
  )
  return blocksOf(before[spoke + 1])[0]
}

function blocksOf(message: JsonObject | undefined): readonly JsonObject[] {
  return items(message?.['content']).map(fields)
}

function isResult({ type }: JsonObject): boolean {
  return type === 'tool_result'
}

function isThinking({ type }: JsonObject): boolean {
  return isText(type) && type.endsWith('thinking')
}
