import type { World } from '../base/index.ts'
import type {
  ApprovalOptions,
  CredentialProvider,
  ErrorReport,
  Permissions,
  Redact,
  ServerGuards,
} from '../guards/index.ts'
import type { Model, Store, ToolChoice } from '../ports/index.ts'
import type {
  ConversationEvent,
  Message,
  MessageMetadata,
  Principal,
  ToolPart,
  TurnEndReason,
  Usage,
} from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import type { Call } from '../turn/index.ts'
import type { AuditTrail } from './audit-trail.ts'
import type { Observation } from './observation.ts'
import type { OfferOptions } from './offered-tools.ts'
import type { Repair } from './repair/options.ts'
import type { ToolCheck } from './tool-check.ts'

/** One model, or several in the order in which they are asked. */
export type ModelChoice = Model | readonly Model[]

/**
 * How often and how patiently a model is asked again whose answer broke before anything of it was shown.
 * Adapters repeat a request by themselves until its answer begins; what they gave up is not repeated here.
 */
export interface ModelRetry {
  /** Requests to the last model of the list, in all; 1 never repeats. Default: 2. */
  readonly attempts?: number
  /** Default: 500. */
  readonly minDelayMs?: number
  /** Default: 8,000. */
  readonly maxDelayMs?: number
}

/** What a model has to be able to do now. */
export interface TurnNeeds {
  /** Tools are offered. */
  readonly tools: boolean
  /** There are images, from people or in results. */
  readonly images: boolean
  /** There are files of other kinds, likewise. */
  readonly files: boolean
  /** About how many characters are sent: system text, tools, messages, results; images and files not counted. */
  readonly chars: number
}

/** A turn between two steps, for whoever chooses the model or decides whether to go on. */
export interface TurnView {
  readonly conversationId: string
  readonly turnId: string
  readonly principal: Principal | null
  /** Everything that the model is about to see. */
  readonly messages: readonly Message[]
  /** The finished steps of this turn. */
  readonly steps: readonly StepView[]
  /** Measured when it is first read. */
  readonly needs: TurnNeeds
}

export interface StepView {
  readonly message: Message
  readonly calls: readonly ToolPart[]
}

/** Whether a turn ends here although the model would go on; asked between two steps. */
export type StopCondition = (turn: TurnView) => boolean | Promise<boolean>

export interface StepInfo {
  readonly conversationId: string
  readonly turnId: string
  readonly step: number
  readonly message: Message
  readonly usage: Usage
}

export interface FinishInfo {
  readonly conversationId: string
  readonly turnId: string
  readonly reason: TurnEndReason
  readonly messages: readonly Message[]
}

/** An error with all that is known about it, for the operator. */
export interface ErrorInfo extends ErrorReport {
  readonly conversationId?: string
  readonly turnId?: string
  /** The model that failed, or that a tool cannot be offered to. */
  readonly modelId?: string
}

/** Callbacks of the host. What they throw goes to `onError` and changes nothing else. */
export interface EngineHooks {
  readonly onStep?: (info: StepInfo) => void | Promise<void>
  readonly onFinish?: (info: FinishInfo) => void | Promise<void>
  /** Every event, with secrets taken out as `redact` says. */
  readonly onEvent?: (info: {
    readonly conversationId: string
    readonly event: ConversationEvent
  }) => void
  /** Gets every error in full, also those that model and user see masked. Default: `console.error`. */
  readonly onError?: (info: ErrorInfo) => void
  /** Fields that the host adds to the metadata of each assistant message. */
  readonly messageMetadata?: (info: {
    readonly conversationId: string
    readonly usage: Usage
  }) => MessageMetadata
}

export interface EngineOptions extends EngineHooks, OfferOptions {
  readonly nodeId: string
  readonly store: Store
  readonly world: World
  /** Names of the tools that a step is to have, among those that there are; `null` for all of them. */
  readonly activeTools: (
    turn: TurnView,
  ) => readonly string[] | null | Promise<readonly string[] | null>
  readonly selectModel: (turn: TurnView) => ModelChoice | Promise<ModelChoice>
  readonly modelRetry: Required<ModelRetry>
  readonly modelIdleTimeoutMs: number
  readonly toolCheck: ToolCheck
  readonly guards: ServerGuards
  readonly system: string | undefined
  readonly toolChoice: ToolChoice | undefined
  readonly stopWhen: readonly StopCondition[]
  readonly permissions: Permissions
  readonly approvals: ApprovalOptions
  readonly credentials: CredentialProvider | undefined
  /** For tools that set none. */
  readonly defaultTimeoutMs: number
  /** What handlers on the server get as `context`; a function is asked for it at each attempt, with the principal. */
  readonly context: unknown
  readonly redact: Redact
  /** The definition by which a call is judged. */
  readonly toolOf: (call: Pick<Call, 'toolName' | 'toolHash'>) => AnyTool | null
  /** `null` where nobody asked for one. */
  readonly audit: AuditTrail | null
  readonly observation: Observation
  /** `null` where calls are not repaired. */
  readonly repair: Repair | null
}
