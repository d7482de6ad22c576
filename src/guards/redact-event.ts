import type { JsonObject } from '../base/index.ts'
import type {
  CallOutcome,
  CallSpec,
  CallText,
  ConversationEvent,
  TurnRequest,
} from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import type { Redact } from './redact.ts'
import { redacted } from './secret-text.ts'

/**
 * An event without secrets, for whoever watches: ids and hashes stay. `tool` is that of the event's call, where
 * it has one, and says which fields are secret.
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
    case 'undo-requested': {
      const { principal } = event
      return {
        ...event,
        ...(principal && { principal: { ...clean(principal), id: principal.id } }),
      }
    }
    default:
      return redactCallEvent(event, clean, tool)
  }
}

function redactCallEvent(
  event: ConversationEvent,
  clean: Clean,
  tool: AnyTool | null,
): ConversationEvent {
  switch (event.type) {
    case 'call-created':
      return { ...event, call: redactSpec(event.call, clean, tool) }
    case 'call-repaired': {
      const { before, after } = event
      const shown = ({ toolName, inputText }: CallText): CallText => ({
        toolName,
        inputText: redactText(inputText, clean, tool),
      })
      return { ...event, before: shown(before), after: shown(after) }
    }
    case 'call-edited':
      return { ...event, input: clean(event.input, tool?.descriptor.inputSchema) }
    case 'call-decided':
      return { ...event, ...(event.reason !== undefined && { reason: clean(event.reason) }) }
    case 'undo-finished':
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
    ...(inputText !== undefined && { inputText: redactText(inputText, clean, tool) }),
  }
}

/** The part of a tool that says which fields of its input are secret. */
interface Described {
  readonly descriptor: Pick<AnyTool['descriptor'], 'inputSchema'>
}

/** The input as a model wrote it: field by field where it is JSON, else nothing says where a secret ends. */
export function redactText(text: string, clean: Clean, tool: Described | null): string {
  try {
    const input: unknown = JSON.parse(text)
    const shown = JSON.stringify(clean(input, tool?.descriptor.inputSchema))
    return shown === JSON.stringify(input) ? text : shown
  } catch {
    return hidesInput(tool) ? redacted : clean(text)
  }
}

/** Whether a text that may quote an input of the tool is to be shown to nobody. */
export function hidesInput(tool: Described | null): boolean {
  return JSON.stringify(tool?.descriptor.inputSchema ?? {}).includes('"x-secret":true')
}

function redactOutcome(
  { state, output, modelOutput, errorText, errorForUser }: Partial<CallOutcome>,
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
    ...(errorText !== undefined && {
      errorText: state === 'input-invalid' && hidesInput(tool) ? redacted : clean(errorText),
    }),
    ...(errorForUser !== undefined && { errorForUser: clean(errorForUser) }),
  }
}
