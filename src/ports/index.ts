export type { AuditChange, AuditEntry, AuditEntryType, AuditRecord, AuditSink } from './audit.ts'
export type { Ledger, LedgerEntry, LedgerPlace } from './ledger.ts'
export type { LimitAnswer, LimitRequest, Limiter } from './limiter.ts'
export type {
  FinishReason,
  Model,
  ModelEvent,
  ModelRequest,
  SchemaLoss,
  ToolChoice,
  ToolReport,
} from './model.ts'
export type { Store } from './store.ts'
export type { Connection, Listener, Transport } from './transport.ts'
