import { type ToolCallElement, defineToolElements } from 'toolwire/elements'
import { type ToolPart } from 'toolwire/protocol'
import { element, setText } from '../../shared/element.ts'
import type { ChatOptions } from './chat.ts'

defineToolElements()

const tickMs = 250

/** The card of one call, and below it how long a question stays open. */
export class CallView {
  readonly root: HTMLElement = element('div', 'step')
  readonly #card: ToolCallElement
  readonly #approvalMs: number
  #countdown: Countdown | null = null

  constructor(toolCallId: string, { client, approvalMs }: ChatOptions) {
    this.#approvalMs = approvalMs
    // What `toolwire-call` makes.
    const card = document.createElement('toolwire-call') as ToolCallElement
    card.setAttribute('tool-call-id', toolCallId)
    this.#card = Object.assign(card, { client, options: { titleOf } })
    this.root.append(this.#card)
  }

  show({ state, timings }: ToolPart): void {
    const isAsked = state === 'approval-requested'
    if (isAsked && !this.#countdown) {
      this.#countdown = new Countdown(
        (timings.createdAt ?? Date.now()) + this.#approvalMs,
        this.#approvalMs,
      )
      this.root.append(this.#countdown.root)
    }
    if (isAsked) return
    this.#countdown?.end()
    this.#countdown = null
  }
}

const titles: Readonly<Record<string, string>> = { product_facts: 'Product facts' }

/** A tool of the server is not known here by its title. */
function titleOf(toolName: string): string | undefined {
  return titles[toolName]
}

class Countdown {
  readonly root: HTMLElement = element('p', 'expires')
  readonly #text = element('span')
  readonly #bar = element('progress')
  readonly #until: number
  readonly #timer: ReturnType<typeof setInterval>

  constructor(until: number, wholeMs: number) {
    this.#until = until
    this.#bar.max = wholeMs
    this.#bar.setAttribute('aria-label', 'Time left to answer')
    this.root.append(this.#text, this.#bar)
    this.#timer = setInterval(() => this.#tick(), tickMs)
    this.#tick()
  }

  end(): void {
    clearInterval(this.#timer)
    this.root.remove()
  }

  #tick(): void {
    const leftMs = Math.max(0, this.#until - Date.now())
    this.#bar.value = leftMs
    setText(this.#text, `Asked for ${Math.ceil(leftMs / 1_000)} s more`)
  }
}
