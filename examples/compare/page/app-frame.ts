import type { Side } from '../tally.ts'

const everyMs = 50

/** One of the two apps, as a person sees it and acts on it. */
export class AppFrame {
  readonly side: Side
  readonly #frame: HTMLIFrameElement
  readonly #tab: BroadcastChannel
  #at = ''

  constructor(side: Side, frame: HTMLIFrameElement, tab: BroadcastChannel) {
    this.side = side
    this.#frame = frame
    this.#tab = tab
  }

  /** Shows a new conversation. */
  async open(): Promise<void> {
    this.#at = `/${this.side}/?chat=${crypto.randomUUID()}`
    await this.#load(() => (this.#frame.src = this.#at))
  }

  async reload(): Promise<void> {
    await this.#load(() => this.#frame.contentWindow?.location.reload())
  }

  /** Shows the same conversation in the second tab. */
  async openTab(): Promise<void> {
    const loaded = new Promise((resolve) =>
      this.#tab.addEventListener('message', resolve, { once: true }),
    )
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a broadcast channel has none
    this.#tab.postMessage(this.#at)
    await loaded
  }

  say(text: string): void {
    const [input] = this.find('.chat input')
    if (!(input instanceof this.#window.HTMLInputElement)) throw new Error('There is no chat.')
    input.value = text
    input.form?.requestSubmit()
  }

  stopTwice(): void {
    for (const stop of this.find('.stop')) {
      stop.click()
      stop.click()
    }
  }

  /** Presses Retry, where the chat offers it. */
  retry(): boolean {
    const [button] = this.find('.retry')
    button?.click()
    return button !== undefined
  }

  find(selector: string): readonly HTMLElement[] {
    const found = this.#frame.contentDocument?.querySelectorAll<HTMLElement>(selector)
    return [...(found ?? [])]
  }

  published(): number {
    return Number(this.find('#published')[0]?.getAttribute('value') ?? 0)
  }

  error(): string {
    return this.find('.error')[0]?.firstChild?.textContent ?? ''
  }

  /** Whether the chat is ready, and the model said its last word. */
  isAnswered(): boolean {
    const isReady = this.find('.chat[data-status="ready"]').length > 0
    const last = this.find('.messages > li').at(-1)
    const end = last?.lastElementChild
    return isReady && last?.dataset['role'] === 'assistant' && end?.className === 'text'
  }

  /** Resolves as soon as `isIt`, or with `false` once nothing has changed for `quietMs`. */
  async until(isIt: () => boolean, quietMs: number): Promise<boolean> {
    let before = ''
    for (let quiet = 0; quiet < quietMs; quiet += everyMs) {
      if (isIt()) return true
      const now = `${this.published()} ${this.find('#chat *').length} ${this.find('#chat')[0]?.textContent}`
      if (now !== before) quiet = 0
      before = now
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
    return isIt()
  }

  get #window(): typeof globalThis {
    // The frame is of the same origin, so its window has all that this one has.
    return this.#frame.contentWindow as unknown as typeof globalThis
  }

  async #load(go: () => unknown): Promise<void> {
    await new Promise((resolve) => {
      this.#frame.addEventListener('load', resolve, { once: true })
      go()
    })
    await this.until(() => this.find('.chat input').length > 0, 10_000)
  }
}
