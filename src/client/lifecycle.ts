import type { World } from '../base/index.ts'
import {
  type CallState,
  type ConversationEvent,
  type ToolPart,
  isTerminal,
} from '../protocol/index.ts'
import { type Call, type ConversationState, findCall, toolPart } from '../turn/index.ts'

/**
 * What happens to calls, one by one, for those who want to react rather than to show: a toast, a sound, a
 * metric. `timing-out` comes once, when a fifth of the call's time is left.
 */
export type CallEventInfo =
  | {
      readonly type: 'started' | 'completed' | 'failed' | 'cancelled' | 'timing-out'
      readonly call: ToolPart
    }
  | { readonly type: 'progress'; readonly call: ToolPart; readonly progress: unknown }

export type CallListener = (info: CallEventInfo) => void

const endings: Partial<Record<CallState, 'completed' | 'cancelled'>> = {
  'output-available': 'completed',
  cancelled: 'cancelled',
}

/** Turns what comes over the link into the events of each call's life. */
export class Lifecycle {
  readonly #world: World
  readonly #tell: CallListener
  readonly #deadlines = new Map<string, () => void>()

  constructor(world: World, tell: CallListener) {
    this.#world = world
    this.#tell = tell
  }

  /** `event` was applied, which led to `state`. */
  happened(event: ConversationEvent, state: ConversationState): void {
    if (!('callId' in event)) return
    const call = findCall(state, event.callId)
    // Of taking back, the call that is taken back says how it stands.
    if (!call || call.undoOf !== undefined) return
    if (event.type === 'call-granted') this.#started(call)
    if (event.type === 'call-queued') this.#forget(call.callId)
    if (event.type === 'call-settled' && isTerminal(call.phase.state)) this.#ended(call)
  }

  progressed(callId: string, progress: unknown, state: ConversationState): void {
    const call = findCall(state, callId)
    if (call) this.#tell({ type: 'progress', call: toolPart(call), progress })
  }

  stop(): void {
    for (const callId of this.#deadlines.keys()) this.#forget(callId)
  }

  #started(call: Call): void {
    // The same life of the same holder may be granted again.
    if (this.#deadlines.has(call.callId)) return
    this.#tell({ type: 'started', call: toolPart(call) })
    const warn = (): void => this.#tell({ type: 'timing-out', call: toolPart(call) })
    this.#deadlines.set(call.callId, this.#world.setTimer(call.timeoutMs * 0.8, warn))
  }

  #ended(call: Call): void {
    this.#forget(call.callId)
    this.#tell({ type: endings[call.phase.state] ?? 'failed', call: toolPart(call) })
  }

  #forget(callId: string): void {
    this.#deadlines.get(callId)?.()
    this.#deadlines.delete(callId)
  }
}
