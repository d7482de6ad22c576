export type { Ledger, LedgerEntry } from './ledger.ts'
export type { FinishReason, Model, ModelEvent, ModelRequest, ToolChoice } from './model.ts'
export type { Store } from './store.ts'
export type { Connection, Listener, Transport } from './transport.ts'
