import type { DraftHead, ServerFrame } from '../protocol/index.ts'

type TextFrame = Extract<ServerFrame, { k: 'd' }>

/** The message that a model is writing at another node, as far as its text came here. */
export class MirroredDraft {
  readonly #show: (frame: ServerFrame) => void
  #messageId: string | null = null
  #parts: { readonly head: DraftHead; text: string }[] = []

  constructor(show: (frame: ServerFrame) => void) {
    this.#show = show
  }

  /** Shows what is new in `frame`; `false` where text before it is missing. */
  take({ m, p, o, x, h }: TextFrame): boolean {
    if (m !== this.#messageId) this.#start(m)
    const isOpened = h !== undefined && p === this.#parts.length
    if (isOpened) this.#parts.push({ head: h, text: '' })
    const part = this.#parts[p]
    const from = part?.text.length ?? 0
    if (!part || o > from) return false
    const fresh = x.slice(from - o)
    part.text += fresh
    if (isOpened || fresh !== '')
      this.#show({ k: 'd', m, p, o: from, x: fresh, ...(isOpened && { h }) })
    return true
  }

  /** Everything so far of message `messageId`, for somebody who comes now. */
  frames(messageId: string | undefined): readonly TextFrame[] {
    const m = this.#messageId
    if (m === null || m !== messageId) return []
    return this.#parts.map(({ head, text }, p) => ({ k: 'd', m, p, o: 0, x: text, h: head }))
  }

  /** From here on the log speaks for it. */
  end(): void {
    this.#start(null)
  }

  #start(messageId: string | null): void {
    this.#messageId = messageId
    this.#parts = []
  }
}
