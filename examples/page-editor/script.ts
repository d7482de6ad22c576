import type { ModelRequest } from 'toolwire'
import type { Script, ScriptStep } from 'toolwire/testing'
import { type Say, anythingElse, stories } from './stories.ts'

/** What the scripted model says next: the story that fits what the owner asks, at the step that it has come to. */
export const script: Script = ({ messages }, { step }): ScriptStep => {
  const last = messages.findLastIndex(({ role }) => role === 'user')
  const asked = textOf(messages[last]).trim()
  const parts = messages.slice(last + 1).flatMap((message) => message.parts)
  const story =
    stories.find(({ prompt }) => prompt === asked) ??
    stories.find(({ fits }) => fits?.test(asked)) ??
    anythingElse
  const steps = story.steps.map((one) => one(parts.filter((part) => part.type === 'tool')))
  return answer(steps[step] ?? { text: '' })
}

function answer({ text, calls = [], cut, deltaChars }: Say): ScriptStep {
  return {
    text,
    toolCalls: calls.map(([toolName, input]) => {
      const inputText = JSON.stringify(input)
      return {
        toolName,
        // Also unique over conversations, so that a witness needs no more than it.
        toolCallId: `call_${crypto.randomUUID().slice(0, 8)}`,
        inputText: cut === undefined ? inputText : inputText.slice(0, cut),
      }
    }),
    ...(deltaChars !== undefined && { deltaChars }),
    ...(cut !== undefined && { finishReason: 'length' as const }),
  }
}

function textOf(message: ModelRequest['messages'][number] | undefined): string {
  return (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('')
}
