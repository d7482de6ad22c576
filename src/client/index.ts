export { createToolClient } from './create-tool-client.ts'
export type { ToolClient, ToolClientOptions } from './tool-client.ts'
export type { ErrorReport, Guard, GuardedCall, RoomLimits } from '../guards/index.ts'
export type { CallEventInfo, CallListener } from './lifecycle.ts'
export type { LocalPolicy } from './local-policy.ts'
export type { ConnectionStatus } from './link.ts'
export {
  type ChromeStorageLedgerOptions,
  type ExtensionStorage,
  chromeStorageLedger,
} from './chrome-storage-ledger.ts'
export { type IndexedDbLedgerOptions, indexedDbLedger } from './indexed-db-ledger.ts'
export type { IdentityStorage, Locks } from './client-identity.ts'
export { memoryLedger } from './memory-ledger.ts'
export { type JournalStorage, type StorageLedgerOptions, storageLedger } from './storage-ledger.ts'
export type { Happening, Observer } from '../ports/index.ts'
export type { AnyTool } from '../tools/index.ts'
export type { ClientError, ClientStatus, Snapshot } from './view.ts'
export type {
  Growing,
  KnownToolPart,
  KnownToolsOf,
  MessageOf,
  ToolPartOf,
  TypedToolPart,
} from './typed-parts.ts'
