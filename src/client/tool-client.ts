import type { JsonObject, World } from '../base/index.ts'
import type { ErrorReport, Guard, RoomLimits } from '../guards/index.ts'
import type { Ledger, Observer, Transport } from '../ports/index.ts'
import type { UserMessage } from '../protocol/index.ts'
import type { AnyTool, ToolRegistry } from '../tools/index.ts'
import type { CallListener } from './lifecycle.ts'
import type { LocalPolicy } from './local-policy.ts'
import type { Snapshot } from './view.ts'

export interface ToolClientOptions<Tools extends AnyTool = AnyTool> extends LocalPolicy {
  readonly transport: Transport
  /**
   * The tools that this client runs. They give the snapshot its types; where tools of the server are to be known
   * there, too, name them all: `createToolClient<AllTools>({ … })`.
   */
  readonly tools?: ToolRegistry<Tools> | readonly Tools[]
  /**
   * Where runs of handlers are written down. Default: `memoryLedger()`, which ends with the page; in a
   * browser `indexedDbLedger()` survives a reload.
   */
  readonly ledger?: Ledger
  /** Names this client where the server assigns calls by name. */
  readonly name?: string
  /**
   * What this client is able to do: tools that require more are not run here. Default: `['browser']` where there
   * is a document, else nothing.
   */
  readonly capabilities?: readonly string[]
  /** Whether the user is looking at this client. Default: whether its document has the focus. */
  readonly isFocused?: () => boolean
  /** The conversation to join; a new one where it is absent. */
  readonly conversationId?: string
  /** Your own guards around every call that runs here; the first is asked first. */
  readonly guards?: readonly Guard[]
  /** How many calls run here at the same time. */
  readonly limits?: RoomLimits
  /** Watches the attempts that this client makes, as spans within the trace of the server. */
  readonly observer?: Observer
  /** What handlers get as `context`; a function is asked for it at each attempt. */
  readonly context?: unknown
  /** Gets every error in full, also those that model and user see masked. Default: `console.error`. */
  readonly onError?: (report: ErrorReport) => void
  readonly world?: World
}

export interface ToolClient<Tools extends AnyTool = AnyTool> {
  readonly conversationId: string
  readonly tools: ToolRegistry<Tools>
  /** Starts a turn with a message of the user. Resolves once the server has stored it. */
  send(message: string | UserMessage['parts']): Promise<void>
  /** Stops the running turn: no further model step, every open call cancelled. */
  stop(): Promise<void>
  /**
   * Agrees to a call. `edits` are members of its input that the person changed, which the server has to allow
   * and check; `keep` lets the same tool run without a question for the rest of the conversation, or always.
   */
  approve(toolCallId: string, edits?: JsonObject, keep?: 'session' | 'always'): Promise<void>
  deny(toolCallId: string, reason?: string): Promise<void>
  /** Takes back what was allowed for longer than once: the next call of the tool is asked about. */
  revoke(toolName: string): Promise<void>
  /** Cancels one call; the turn goes on. */
  cancel(toolCallId: string): Promise<void>
  /**
   * Takes back what a call, several calls or all calls of a turn did, the last first. Resolves once that is done;
   * rejects with `COMMAND_REFUSED` where there is nothing to take back, and with `UNDO_FAILED` where one of the
   * tools could not, as where something was changed since; then those behind it were left as they are.
   */
  undo(id: string | readonly string[]): Promise<void>
  /**
   * Calls `listener` after changes: once for all that come before the page is painted, and at once where nobody
   * looks at it.
   */
  subscribe(listener: () => void): () => void
  /** As it is now; the same object until something changes, and in it the same parts until they do. */
  getSnapshot(): Snapshot<Tools>
  /** Calls `listener` at every moment in the life of a call that comes while this client follows. */
  onCall(listener: CallListener): () => void
  /**
   * Goes on over another transport, as the same session: what runs here runs on, and what was not answered is
   * sent again there. The server ends the older link.
   */
  moveTo(transport: Transport): void
  /** Leaves without cancelling anything: handlers go on, the turn goes on, another client may follow. */
  detach(): void
  /** Leaves and aborts the handlers that run here. */
  close(): void
}
