import { type JsonObject, type World, isObject, systemWorld } from '../base/index.ts'
import type { ToolClient } from '../client/index.ts'
import type { ToolPart } from '../protocol/index.ts'
import { tickerOf } from './ticker.ts'
import { visibleJson } from './visible-text.ts'

export type CallCommand = 'approve' | 'deny' | 'cancel' | 'undo'

/** All that changes in what is shown of a call. */
export interface CallUiState {
  readonly call: ToolPart | undefined
  readonly now: number
  /** The input as the person is changing it; `null` while nobody does. */
  readonly draft: string | null
  /** What was asked for and is not answered yet. */
  readonly pending: CallCommand | null
  /** Why what was asked for last did not work. */
  readonly refusal: Refusal | null
}

/** One of the texts, and what is filled in. */
export interface Refusal {
  readonly text: 'notAnObject' | 'memberRemoved' | 'refused'
  readonly values: Readonly<Record<string, string>>
}

export interface CallControllerOptions {
  /** Without a client nothing can be done with the call. */
  readonly client?: ToolClient | undefined
  readonly toolCallId: string
  readonly world?: World | undefined
}

/** One call as people see it and act on it, for any way to draw it. Nothing begins before somebody subscribes. */
export class CallController {
  readonly #options: CallControllerOptions
  readonly #world: World
  readonly #listeners = new Set<() => void>()
  #leave: (() => void) | null = null
  #stopTicks: (() => void) | null = null
  #local: Asked = nothingAsked
  #state: CallUiState | null = null
  #hasActed = false
  /** When a running call was looked at first; nothing ticks before somebody subscribes. */
  #openedAt: number | undefined
  #given: ToolPart | undefined

  constructor(options: CallControllerOptions) {
    this.#options = options
    this.#world = options.world ?? systemWorld
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    const own = (): void => listener()
    this.#listeners.add(own)
    this.#leave ??= this.#options.client?.subscribe(() => this.#changed()) ?? (() => {})
    this.#watchTime()
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size > 0) return
      this.#leave?.()
      this.#leave = null
      this.#watchTime()
    }
  }

  /** The same object until something changes. */
  readonly getState = (): CallUiState => {
    const call = this.#call()
    const now = isTimed(call) ? this.#now : 0
    const last = this.#state
    if (last && last.call === call && last.now === now && holds(last, this.#local)) return last
    this.#state = { call, now, ...this.#local }
    return this.#state
  }

  /** Shows `call` instead of what the client knows. */
  show(call: ToolPart | undefined): void {
    if (this.#given === call) return
    this.#given = call
    this.#changed()
  }

  approve(keep?: 'session' | 'always'): void {
    this.#ask('approve', (client, id) => client.approve(id, undefined, keep))
  }

  deny(): void {
    this.#ask('deny', (client, id) => client.deny(id))
  }

  cancel(): void {
    this.#ask('cancel', (client, id) => client.cancel(id))
  }

  undo(): void {
    this.#ask('undo', (client, id) => client.undo(id))
  }

  /** Begins to change the input. */
  edit(): void {
    this.#set({ draft: visibleJson(this.#call()?.input ?? {}), refusal: null })
  }

  write(draft: string): void {
    this.#set({ draft, refusal: null })
  }

  discard(): void {
    this.#hasActed = true
    this.#set({ draft: null, refusal: null })
  }

  /** Agrees to the input as it was changed, or says what is wrong with it. */
  approveDraft(): void {
    const before = this.#call()?.input
    const after = parsed(this.#local.draft ?? '')
    if (!after) return this.#refuse('notAnObject')
    const known = isObject(before) ? before : {}
    const member = Object.keys(known).find((name) => !Object.hasOwn(after, name))
    // Edits are laid over the input, so what is left out would be there again.
    if (member !== undefined) return this.#refuse('memberRemoved', { member })
    const edits = Object.fromEntries(
      Object.entries(after).filter(
        ([name, value]) =>
          !Object.hasOwn(known, name) || JSON.stringify(value) !== JSON.stringify(known[name]),
      ),
    )
    this.#ask('approve', (client, id) =>
      client.approve(id, Object.keys(edits).length > 0 ? edits : undefined),
    )
  }

  /** After a render: whoever pressed a button that is gone now goes on reading here. */
  keepFocus(root: HTMLElement | null): void {
    if (!root || !this.#hasActed || this.#local.pending) return
    const { activeElement, body } = root.ownerDocument
    if (activeElement === body || activeElement === null) root.focus({ preventScroll: true })
    this.#hasActed = false
  }

  #ask(command: CallCommand, send: (client: ToolClient, id: string) => Promise<void>): void {
    const { client, toolCallId } = this.#options
    if (!client || this.#local.pending) return
    this.#hasActed = true
    this.#set({ pending: command, refusal: null })
    send(client, toolCallId).then(
      () => this.#set(nothingAsked),
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        this.#set({ pending: null })
        this.#refuse('refused', { why })
      },
    )
  }

  /** The time of the last tick: it does not move between two looks. */
  get #now(): number {
    if (this.#stopTicks) return tickerOf(this.#world).now
    return (this.#openedAt ??= this.#world.now())
  }

  #call(): ToolPart | undefined {
    const { client, toolCallId } = this.#options
    return (
      this.#given ?? client?.getSnapshot().calls.findLast((one) => one.toolCallId === toolCallId)
    )
  }

  #refuse(text: Refusal['text'], values: Refusal['values'] = {}): void {
    this.#set({ refusal: { text, values } })
  }

  #set(change: Partial<Asked>): void {
    this.#local = { ...this.#local, ...change }
    this.#changed()
  }

  #changed(): void {
    this.#watchTime()
    for (const listener of this.#listeners) listener()
  }

  /** Ticks while the call runs and somebody looks. */
  #watchTime(): void {
    const isWanted = this.#listeners.size > 0 && isTimed(this.#call())
    if (isWanted) this.#stopTicks ??= tickerOf(this.#world).subscribe(() => this.#changed())
    else {
      this.#stopTicks?.()
      this.#stopTicks = null
    }
  }
}

const nothingAsked: Asked = { draft: null, pending: null, refusal: null }

type Asked = Pick<CallUiState, 'draft' | 'pending' | 'refusal'>

function holds(state: CallUiState, local: Asked): boolean {
  return (
    state.draft === local.draft &&
    state.pending === local.pending &&
    state.refusal === local.refusal
  )
}

function isTimed(call: ToolPart | undefined): boolean {
  return call?.state === 'executing' && call.timings.startedAt !== undefined
}

function parsed(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text)
    // An object of JSON.parse holds JSON only.
    return isObject(value) ? (value as JsonObject) : null
  } catch {
    return null
  }
}
