import type { ModelEvent } from '../ports/index.ts'
import type { StepPart, Usage } from '../protocol/index.ts'
import type { LiveDraft } from './live-draft.ts'

export type ToolInputEnd = Extract<ModelEvent, { type: 'tool-input-end' }>
export type Finish = Extract<ModelEvent, { type: 'finish' }>

/** A part of the answer in the making; a call stands as what the model asked for, until it is prepared. */
export type ContentPart = Exclude<StepPart, { type: 'call' }> | ToolInputEnd

type TextKind = 'text' | 'reasoning' | 'refusal'

/** Collects what a model streams into the parts of one message, and shows it as it comes. */
export class StepContent {
  readonly #draft: LiveDraft
  readonly #parts: (
    | ContentPart
    | { type: 'open'; toolCallId: string; toolName: string; p: number }
  )[] = []
  #openText: { readonly index: number; readonly p: number } | null = null
  finish: Finish | null = null
  error: Extract<ModelEvent, { type: 'error' }>['error'] | null = null

  constructor(draft: LiveDraft) {
    this.#draft = draft
  }

  /** Whether nothing that belongs into a message came. */
  get isEmpty(): boolean {
    return this.#parts.length === 0
  }

  /** Whether nothing came that anybody could see. */
  get isSilent(): boolean {
    return this.#parts.every(({ type }) => type === 'provider-state')
  }

  /** Whether to go on from what came. Nothing is nothing to go on from. */
  get isPaused(): boolean {
    return this.finish?.paused === true && !this.isEmpty
  }

  get usage(): Usage {
    return this.finish?.usage ?? {}
  }

  add(event: ModelEvent): void {
    switch (event.type) {
      case 'text-delta':
        return this.#text('text', event.text)
      case 'reasoning-delta':
        return this.#text('reasoning', event.text)
      case 'refusal-delta':
        return this.#text('refusal', event.text)
      case 'tool-input-start':
        return this.#start(event.toolCallId, event.toolName)
      case 'tool-input-delta':
        return this.#delta(event.toolCallId, event.delta)
      case 'tool-input-end':
        return this.#end(event)
      case 'provider-state':
        this.#parts.push(event)
        return
      case 'error':
        this.error = event.error
        return
      case 'finish':
        this.finish = event
    }
  }

  /** The message's parts. A call whose input never ended is a truncated one. */
  parts(): readonly ContentPart[] {
    return this.#parts.map((part) =>
      part.type === 'open'
        ? {
            type: 'tool-input-end',
            toolCallId: part.toolCallId,
            toolName: part.toolName,
            inputText: this.#draft.textOf(part.p),
            problem: 'truncated',
          }
        : part,
    )
  }

  #text(type: TextKind, text: string): void {
    if (text === '') return
    const last = this.#openText && this.#parts[this.#openText.index]
    if (this.#openText && last?.type === type && this.#openText.index === this.#parts.length - 1) {
      this.#parts[this.#openText.index] = { type, text: last.text + text }
      return this.#draft.append(this.#openText.p, text)
    }
    const p = this.#draft.open({ type }, text)
    this.#openText = { index: this.#parts.push({ type, text }) - 1, p }
  }

  #start(toolCallId: string, toolName: string): void {
    const p = this.#draft.open({ type: 'tool', toolCallId, toolName })
    this.#parts.push({ type: 'open', toolCallId, toolName, p })
  }

  #delta(toolCallId: string, delta: string): void {
    const open = this.#parts.find((part) => part.type === 'open' && part.toolCallId === toolCallId)
    if (open?.type === 'open') this.#draft.append(open.p, delta)
  }

  #end(event: ToolInputEnd): void {
    const index = this.#parts.findIndex(
      (part) => part.type === 'open' && part.toolCallId === event.toolCallId,
    )
    if (index >= 0) this.#parts[index] = event
    else this.#parts.push(event)
  }
}
