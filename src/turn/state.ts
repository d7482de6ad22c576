import { isTerminal } from '../protocol/index.ts'
import type {
  CallOutcome,
  CallRepair,
  CallSpec,
  CallTimings,
  Consent,
  Message,
  OfferedTool,
  Principal,
  RefusedTool,
  StepMessage,
  TerminalCallState,
  TurnEndReason,
  TurnError,
  TurnPolicy,
  TurnRequest,
  UndoView,
} from '../protocol/index.ts'

/** Everything that decisions about a conversation rest on. A value: folded from events, never edited. */
export interface ConversationState {
  /** Sequence number of the last event. */
  readonly version: number
  readonly ownerId: string | null
  readonly logId: string | null
  /** Messages of turns that are over. */
  readonly messages: readonly Message[]
  readonly turn: Turn | null
  /** User messages that wait for the running turn to end. */
  readonly queue: readonly TurnRequest[]
  readonly lastTurn: FinishedTurn | null
  /** Tokens of all steps so far. */
  readonly tokens: number
  /** What each client can run, by client id. */
  readonly catalogs: ReadonlyMap<string, ClientCatalog>
  /** What was allowed for the rest of the conversation. */
  readonly consents: readonly Consent[]
  /** Calls that can be taken back, or were, in the order in which they ended. */
  readonly undoables: readonly Undoable[]
  /** What is to be taken back, one after another. */
  readonly undoQueue: readonly UndoRequest[]
}

export interface ClientCatalog {
  readonly name?: string
  readonly capabilities?: readonly string[]
  readonly epoch?: number
  readonly version?: number
  readonly hash: string
  readonly tools: readonly OfferedTool[]
  readonly refused?: readonly RefusedTool[]
  /** When it last changed. */
  readonly at: number
  /** Set while the client is gone. */
  readonly isAway?: true
}

/** A call whose tool can take it back; `output` is the receipt, and goes once that was used. */
export interface Undoable extends UndoView, Omit<CallSpec, 'approvalId' | 'consentId'> {
  readonly state: Exclude<UndoView['state'], 'approval-requested'>
  readonly output: unknown
  /** The client or node that ran it. */
  readonly holder?: string
  /** The last request to take it back. */
  readonly undoId?: string
}

export interface UndoRequest {
  readonly undoId: string
  /** Ids of the calls that are left, the next first. */
  readonly targets: readonly string[]
  readonly principal?: Principal
  readonly policy: TurnPolicy
  /** The call that takes the first of them back; `null` before it is made. */
  readonly call: Call | null
}

export interface FinishedTurn {
  readonly turnId: string
  readonly reason: TurnEndReason
  readonly error?: TurnError
}

/** The running turn. */
export interface Turn {
  readonly turnId: string
  readonly clientId: string | null
  readonly principal: Principal | null
  readonly policy: TurnPolicy
  /** The user message, then one message for each finished step. */
  readonly messages: readonly [Message, ...StepMessage[]]
  /** Number of the last step that started; 0 before the first. */
  readonly step: number
  /** The model step under way, or `null` between steps. */
  readonly running: RunningStep | null
  /** Calls of every step so far, in the order in which the model asked. */
  readonly calls: readonly Call[]
  readonly lastFinish:
    | 'stop'
    | 'tool-calls'
    | 'length'
    | 'content-filter'
    | 'error'
    | 'other'
    | null
  /** The provider paused in the last step, to be asked again. */
  readonly paused: boolean
  readonly tokens: number
  /** Of the turns before this one. */
  readonly tokensBefore: number
  readonly stopRequested: boolean
  /** Calls that were refused as repetitions; the second refusal ends the turn. */
  readonly repeats: number
  /** Why the last step failed. */
  readonly error: TurnError | null
}

export interface RunningStep {
  readonly messageId: string
  readonly owner: string
  readonly leaseUntil: number
}

/** One call: what the model asked for, and where it stands. */
export interface Call extends CallSpec {
  readonly phase: CallPhase
  readonly timings: CallTimings
  /** What was done to the call before it was created, in order. */
  readonly repairs?: readonly CallRepair[]
  /** The question to a person once it was asked, and the answer once it came. */
  readonly approval?: {
    readonly approvalId: string
    readonly approved?: boolean
    readonly reason?: string
    readonly isEdited?: true
    readonly keep?: 'session' | 'always'
  }
}

/** Where a call stands; each phase holds only what that phase knows. */
export type CallPhase =
  | { readonly state: 'input-available' }
  | {
      readonly state: 'approval-requested'
      readonly approvalId: string
      readonly expiresAt: number
    }
  | { readonly state: 'queued'; readonly attempt: number; readonly expiresAt: number }
  | ExecutingPhase
  | SettledPhase

export interface ExecutingPhase {
  readonly state: 'executing'
  readonly attempt: number
  readonly holder: string
  readonly epoch: number
  readonly leaseUntil: number
  readonly closesAt: number
  /** Set once the lease ran out on a call that must not run again: its result is still welcome until then. */
  readonly suspectUntil: number | null
  /** Set once a cancel was asked for: the holder has until then to answer. */
  readonly cancelUntil: number | null
}

export type SettledPhase = CallOutcome & { readonly state: TerminalCallState }

export const emptyConversation: ConversationState = {
  version: 0,
  ownerId: null,
  logId: null,
  messages: [],
  turn: null,
  queue: [],
  lastTurn: null,
  tokens: 0,
  catalogs: new Map(),
  consents: [],
  undoables: [],
  undoQueue: [],
}

/** Whether `call` has its one outcome. */
export function isSettled(call: Call): call is Call & { readonly phase: SettledPhase } {
  return isTerminal(call.phase.state)
}

/** The calls that may change: those of the running turn, and the one that takes another back. */
export function callsOf({ turn, undoQueue }: ConversationState): readonly Call[] {
  const undo = undoQueue[0]?.call
  return [...(turn?.calls ?? []), ...(undo ? [undo] : [])]
}

export function findCall(state: ConversationState, callId: string): Call | undefined {
  return callsOf(state).find((call) => call.callId === callId)
}

/** What a call runs under: its turn, or the request to take another call back. */
export interface CallScope {
  readonly policy: TurnPolicy
  readonly principal: Principal | null
  /** The client that comes first where several could run it. */
  readonly clientId: string | null
}

export function scopeOf(state: ConversationState, call: Pick<Call, 'undoOf'>): CallScope | null {
  if (call.undoOf === undefined) return state.turn
  const [request] = state.undoQueue
  if (!request) return null
  const { policy, principal = null } = request
  const { assign } = policy
  return {
    // What is to be taken back is where it was done.
    policy: { ...policy, assign: typeof assign === 'object' ? assign : 'initiator' },
    principal,
    clientId: takenBackBy(state, call)?.holder ?? null,
  }
}

/** The call that `call` takes back; nothing where it takes back none. */
export function takenBackBy(
  { undoables }: ConversationState,
  { undoOf }: Pick<Call, 'undoOf'>,
): Undoable | undefined {
  return undoOf === undefined ? undefined : undoables.find(({ callId }) => callId === undoOf)
}
