import type { JsonObject } from '../base/index.ts'
import type { CallOutcome, CallSpec, ConversationEvent, TurnRequest } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import type { Redact } from './redact.ts'
import { redacted } from './secret-text.ts'

/**
 * An event without secrets, for whoever watches: ids and hashes stay. `tool` is that of the event's call, where
 * it has one, and says which fields are secret. What a model wrote that is no JSON is left out as a whole, since
 * nothing can say which part of it is a secret.
 */
export function redactEvent(
  event: ConversationEvent,
  redact: Redact,
  tool: AnyTool | null,
): ConversationEvent {
  // What is taken out becomes a text; for what watches, that is what the field then is.
  const clean: Clean = (value, schema) => redact(value, schema) as typeof value
  switch (event.type) {
    case 'turn-queued':
    case 'turn-started':
      return { ...event, ...redactRequest(event, clean) }
    case 'step-finished': {
      const parts = event.message.parts.map((part) => (part.type === 'call' ? part : clean(part)))
      return { ...event, message: { ...event.message, parts } }
    }
    case 'call-created':
      return { ...event, call: redactSpec(event.call, clean, tool) }
    case 'call-repaired': {
      const { before, after } = event
      const hidden = { inputText: redacted }
      return { ...event, before: { ...before, ...hidden }, after: { ...after, ...hidden } }
    }
    case 'call-edited':
      return { ...event, input: clean(event.input, tool?.descriptor.inputSchema) }
    case 'call-decided':
      return { ...event, ...(event.reason !== undefined && { reason: clean(event.reason) }) }
    case 'call-settled':
      return { ...event, ...redactOutcome(event, clean, tool) }
    default:
      return event
  }
}

type Clean = <T>(value: T, schema?: JsonObject) => T

function redactRequest(
  { message, principal }: TurnRequest,
  clean: Clean,
): Pick<TurnRequest, 'message' | 'principal'> {
  return {
    message: { ...message, parts: clean(message.parts) },
    ...(principal && { principal: { ...clean(principal), id: principal.id } }),
  }
}

function redactSpec(call: CallSpec, clean: Clean, tool: AnyTool | null): CallSpec {
  const { input, inputText } = call
  return {
    ...call,
    ...(input !== undefined && { input: clean(input, tool?.descriptor.inputSchema) }),
    ...(inputText !== undefined && { inputText: redacted }),
  }
}

function redactOutcome(
  { output, modelOutput, errorText, errorForUser }: CallOutcome,
  clean: Clean,
  tool: AnyTool | null,
): Partial<CallOutcome> {
  const { outputSchema } = tool?.descriptor ?? {}
  return {
    ...(output !== undefined && { output: clean(output, outputSchema) }),
    ...(modelOutput && {
      modelOutput: modelOutput.map((part) =>
        part.type === 'json' ? { ...part, value: clean(part.value, outputSchema) } : clean(part),
      ),
    }),
    ...(errorText !== undefined && { errorText: clean(errorText) }),
    ...(errorForUser !== undefined && { errorForUser: clean(errorForUser) }),
  }
}
