export { type ToolClient, type ToolClientOptions, createToolClient } from './create-tool-client.ts'
export type { ConnectionStatus } from './link.ts'
export { memoryLedger } from './memory-ledger.ts'
export type { ClientError, ClientStatus, Snapshot } from './view.ts'
