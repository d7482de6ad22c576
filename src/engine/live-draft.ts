import type { DraftHead, ServerFrame } from '../protocol/index.ts'

interface DraftPart {
  readonly head: DraftHead
  text: string
}

/**
 * The message that a model is writing, as far as it got: shown at once, kept nowhere. Whoever comes late
 * gets the assembled text instead of every delta.
 */
export class LiveDraft {
  readonly #publish: (frame: ServerFrame) => void
  #messageId: string | null = null
  #parts: DraftPart[] = []

  constructor(publish: (frame: ServerFrame) => void) {
    this.#publish = publish
  }

  start(messageId: string): void {
    this.#messageId = messageId
    this.#parts = []
  }

  /** The message is committed, or given up: from here on the log speaks for it. */
  end(): void {
    this.#messageId = null
    this.#parts = []
  }

  /** Opens a part with the text that is known of it; returns its number. */
  open(head: DraftHead, text = ''): number {
    const p = this.#parts.push({ head, text }) - 1
    this.#send({ p, o: 0, x: text, h: head })
    return p
  }

  append(p: number, text: string): void {
    const part = this.#parts[p]
    if (!part || text === '') return
    const offset = part.text.length
    part.text += text
    this.#send({ p, o: offset, x: text })
  }

  /** What part `p` holds so far. */
  textOf(p: number): string {
    return this.#parts[p]?.text ?? ''
  }

  /** Everything so far, for somebody who comes now. */
  frames(): readonly ServerFrame[] {
    const m = this.#messageId
    return m === null
      ? []
      : this.#parts.map(({ head, text }, p) => ({ k: 'd', m, p, o: 0, x: text, h: head }))
  }

  #send(text: {
    readonly p: number
    readonly o: number
    readonly x: string
    readonly h?: DraftHead
  }): void {
    if (this.#messageId !== null) this.#publish({ k: 'd', m: this.#messageId, ...text })
  }
}
