export type { AuditChange, AuditEntry, AuditEntryType, AuditRecord, AuditSink } from './audit.ts'
export type { Broker, BrokerListener, RunLeases } from './broker.ts'
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
export type {
  AttemptFacts,
  AttemptFinished,
  AttemptStarted,
  CallFacts,
  CallSettled,
  CircuitChanged,
  Happening,
  Observer,
  RequestFacts,
  RequestFinished,
  RequestStarted,
  TurnFacts,
  TurnFinished,
  TurnLeft,
  TurnStarted,
} from './observer.ts'
export type { Store } from './store.ts'
export type {
  AuditQuery,
  ConversationFilter,
  DeleteFilter,
  Execution,
  ExecutionFilter,
  Page,
  PageRequest,
  StoreQueries,
  StoreUpkeep,
  StoredApproval,
  StoredCatalog,
  StoredConversation,
  TimeSpan,
} from './store-queries.ts'
export type { Connection, Listener, Transport } from './transport.ts'
