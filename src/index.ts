export {
  type ErrorCode,
  type Json,
  type JsonObject,
  ToolwireError,
  type World,
  createPartialJsonParser,
  isToolwireError,
} from './base/index.ts'
export type { Connection, Ledger, Listener, Model, ModelEvent, ModelRequest, Store, Transport } from './ports/index.ts'
export { memoryStore } from './stores/index.ts'
export { ToolError, ToolRegistry, defineTool } from './tools/index.ts'
export { memoryTransport } from './transports/index.ts'
export { type ConversationState, decide, emptyConversation, evolve, messagesOf } from './turn/index.ts'
