/**
 * What a consumer may rely on, written out by hand. A failing test says that the surface changed;
 * change the pin only where that is meant, and say it in CHANGELOG.md.
 */
export const exportMap: Readonly<Record<string, string>> = {
  '.': './dist/index.js',
  './protocol': './dist/protocol/index.js',
  './server': './dist/server/index.js',
  './client': './dist/client/index.js',
  './testing': './dist/testing/index.js',
  './json-schema': './dist/tools/json-schema.js',
  './models/openai-chat': './dist/models/openai-chat.js',
  './models/openai-responses': './dist/models/openai-responses.js',
  './models/anthropic': './dist/models/anthropic.js',
  './models/gemini': './dist/models/gemini.js',
  './models/ollama': './dist/models/ollama.js',
  './models/cohere': './dist/models/cohere.js',
  './transports/http': './dist/transports/http.js',
  './package.json': './package.json',
}

/** The values (not the types, which docs/api shows) that each entry exports, sorted. */
export const exportedNames: Readonly<Record<string, readonly string[]>> = {
  '.': [
    'ToolError',
    'ToolRegistry',
    'ToolwireError',
    'continuation',
    'createPartialJsonParser',
    'decide',
    'defineTool',
    'diffCatalog',
    'emptyConversation',
    'evolve',
    'isLegal',
    'isTerminal',
    'isToolwireError',
    'memoryStore',
    'memoryTransport',
    'messagesOf',
  ],
  './protocol': [
    'callStates',
    'claimedKey',
    'commandKey',
    'isTerminal',
    'parseClientFrame',
    'parseServerFrame',
    'protocolVersion',
  ],
  './server': ['createToolServer', 'hasToolCall', 'noProgress', 'stepCountIs', 'toNodeListener'],
  './client': ['createToolClient', 'memoryLedger'],
  './testing': ['scriptedModel', 'virtualClock'],
  './json-schema': ['jsonSchema'],
  './models/openai-chat': ['openaiChat'],
  './models/openai-responses': ['openaiResponses'],
  './models/anthropic': ['anthropic'],
  './models/gemini': ['gemini'],
  './models/ollama': ['ollama'],
  './models/cohere': ['cohere'],
  './transports/http': ['httpTransport'],
}

/** Entries that run in a page, a worker and an extension as they are. */
export const runsAnywhere: readonly string[] = [
  '.',
  './client',
  './protocol',
  './json-schema',
  './transports/http',
  './models/openai-chat',
  './models/openai-responses',
  './models/anthropic',
  './models/gemini',
  './models/ollama',
  './models/cohere',
]

/** A code is added here and never renamed or removed. */
export const errorCodes: readonly string[] = [
  'ABORTED',
  'COMMAND_REFUSED',
  'DUPLICATE_TOOL',
  'FRAME_INVALID',
  'INVALID_INPUT',
  'INVALID_OPTIONS',
  'INVALID_SCHEMA',
  'INVALID_TOOL',
  'JSON_LIMIT',
  'JSON_MALFORMED',
  'JSON_TRUNCATED',
  'MODEL_NETWORK',
  'MODEL_PROTOCOL',
  'MODEL_PROVIDER',
  'MODEL_REQUEST',
  'STORE_FAILED',
  'TOOL_FAILED',
  'TRANSPORT_CLOSED',
  'UNAUTHORIZED',
  'UNKNOWN_TOOL',
]
