/**
 * Every name that is written: those of the GenAI conventions of OpenTelemetry, which are in development and change
 * with a version of this package only, and our own under `toolwire`. The guide shows the same names.
 */
export const attributes = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  agent: 'gen_ai.agent.name',
  conversation: 'gen_ai.conversation.id',
  model: 'gen_ai.request.model',
  stream: 'gen_ai.request.stream',
  finishReasons: 'gen_ai.response.finish_reasons',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cachedTokens: 'gen_ai.usage.cache_read.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  tokenType: 'gen_ai.token.type',
  tool: 'gen_ai.tool.name',
  toolCall: 'gen_ai.tool.call.id',
  toolType: 'gen_ai.tool.type',
  toolDescription: 'gen_ai.tool.description',
  toolArguments: 'gen_ai.tool.call.arguments',
  toolResult: 'gen_ai.tool.call.result',
  error: 'error.type',
  turn: 'toolwire.turn.id',
  turnReason: 'toolwire.turn.reason',
  turnSteps: 'toolwire.turn.steps',
  turnMaxSteps: 'toolwire.turn.max_steps',
  turnCalls: 'toolwire.turn.calls',
  turnTokens: 'toolwire.turn.tokens',
  turnTakenUp: 'toolwire.turn.taken_up',
  step: 'toolwire.step',
  call: 'toolwire.call.id',
  callState: 'toolwire.call.state',
  attempt: 'toolwire.call.attempt',
  executor: 'toolwire.executor',
  limit: 'toolwire.limit',
} as const

/** Values of `gen_ai.operation.name`; each begins the name of a span. */
export const operations = {
  turn: 'invoke_agent',
  request: 'chat',
  attempt: 'execute_tool',
} as const

/** On the span of a turn: a call that ended without having begun. */
export const refusedEvent = 'toolwire.call.refused'

export const metrics = {
  toolDuration: 'gen_ai.execute_tool.duration',
  turnDuration: 'gen_ai.invoke_agent.duration',
  requestDuration: 'gen_ai.client.operation.duration',
  tokens: 'gen_ai.client.token.usage',
  calls: 'toolwire.calls',
  callErrors: 'toolwire.call.errors',
  queueDuration: 'toolwire.call.queue.duration',
  circuit: 'toolwire.circuit.state',
  limits: 'toolwire.limits.hit',
  turns: 'toolwire.turns',
  stepUsage: 'toolwire.turn.step.usage',
} as const

/** Stands for a value that is not told, where too many different ones would come. */
export const other = '_OTHER'

/** A code of an error: one that is no code, as a client may send it, is not told. */
export function codeOf(errorCode: string): string {
  return errorCode.length <= 100 ? errorCode : other
}

/** Providers as the conventions name them, by the format of the wire. */
const providers: Readonly<Record<string, string>> = {
  'openai-chat': 'openai',
  'openai-responses': 'openai',
  gemini: 'gcp.gemini',
}

export function providerOf(format: string): string {
  return Object.hasOwn(providers, format) ? (providers[format] ?? format) : format
}

/** The model without its format, as in `gpt-5` for `openai-chat:gpt-5`. */
export function modelOf({ modelId, format }: { modelId: string; format: string }): string {
  return modelId.startsWith(`${format}:`) ? modelId.slice(format.length + 1) : modelId
}
