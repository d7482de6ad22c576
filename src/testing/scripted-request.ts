import { type Json, type JsonObject, isObject } from '../base/index.ts'
import type { ModelRequest } from '../ports/index.ts'
import type { Message, ToolDescriptor, ToolPart } from '../protocol/index.ts'

/** Reads the body of a chat completion back into a request, as far as the wire tells. */
export function requestOfBody(body: Json): ModelRequest {
  const chat = objects(at(body, 'messages'))
  const system = chat.find(({ role }) => role === 'system' || role === 'developer')
  const results = new Map(
    chat
      .filter(({ role }) => role === 'tool')
      .map((message) => [message['tool_call_id'], contentOf(message)]),
  )
  return {
    ...(system && { system: contentOf(system) }),
    messages: chat
      .filter((message) => message['role'] === 'assistant' || isFromPerson(message))
      .map((message, position) => messageOf(message, `message-${position}`, results)),
    tools: objects(at(body, 'tools')).map((tool) => descriptorOf(tool['function'])),
  }
}

// Chat completions carry the images of results in a user message behind them, which no person wrote.
function isFromPerson({ role, content = null }: JsonObject): boolean {
  return role === 'user' && !textAt(objects(content)[0], 'text').startsWith('[attachment ')
}

function messageOf(
  message: JsonObject,
  id: string,
  results: ReadonlyMap<Json | undefined, string>,
): Message {
  const text = contentOf(message)
  return {
    id,
    role: message['role'] === 'user' ? 'user' : 'assistant',
    parts: [
      ...(text ? [{ type: 'text' as const, text }] : []),
      ...objects(message['tool_calls']).map((call) => toolPart(call, results.get(call['id']))),
    ],
    metadata: {},
  }
}

function toolPart(call: JsonObject, result: string | undefined): ToolPart {
  const inputText = textAt(call['function'], 'arguments')
  return {
    type: 'tool',
    toolCallId: textAt(call, 'id'),
    toolName: textAt(call['function'], 'name'),
    input: valueOf(inputText),
    inputText,
    ...outcomeOf(result),
    timings: {},
  }
}

function outcomeOf(result: string | undefined): Pick<ToolPart, 'state' | 'output' | 'errorText'> {
  if (result === undefined || result.startsWith('No result: ')) return { state: 'executing' }
  const [, errorText] = /^Error: ([^]*)$/.exec(result) ?? []
  return errorText === undefined
    ? { state: 'output-available', output: valueOf(result) }
    : { state: 'output-error', errorText }
}

function descriptorOf(tool: Json | undefined): ToolDescriptor {
  const parameters = at(tool, 'parameters')
  return {
    name: textAt(tool, 'name'),
    description: textAt(tool, 'description'),
    inputSchema: isObject(parameters) ? parameters : {},
    hash: '',
  }
}

function contentOf({ content = null }: JsonObject): string {
  if (typeof content === 'string') return content
  return objects(content)
    .map((part) => textAt(part, 'text'))
    .join('')
}

function valueOf(text: string): Json {
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch {
    return text
  }
}

function at(value: Json | undefined, field: string): Json | undefined {
  return isObject(value) ? value[field] : undefined
}

function textAt(value: Json | undefined, field: string): string {
  const text = at(value, field)
  return typeof text === 'string' ? text : ''
}

function objects(value: Json | undefined): readonly JsonObject[] {
  const items: readonly Json[] = Array.isArray(value) ? value : []
  return items.filter((item) => isObject(item))
}
