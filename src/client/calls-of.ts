import type { Message, ToolPart } from '../protocol/index.ts'

/** Every call in `messages`, in order. */
// Asked at every frame, so it is a loop.
export function callsOf(messages: readonly Message[]): readonly ToolPart[] {
  const calls: ToolPart[] = []
  for (const { parts } of messages)
    for (const part of parts) if (part.type === 'tool') calls.push(part)
  return calls
}
