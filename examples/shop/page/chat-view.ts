import type { Snapshot } from 'toolwire/client'
import type { Message, MessagePart, ToolPart } from 'toolwire/protocol'
import { CallCard, type Decisions, spoken } from './call-card.ts'
import { byId, element, setText } from '../../shared/element.ts'

/** How often running times are written anew. */
const tickMs = 100

type TextPart = Extract<MessagePart, { type: 'text' | 'reasoning' | 'refusal' }>

/** The messages: makes the page look like a snapshot, touching only what changed. */
export class ChatView {
  readonly #list = byId('messages', HTMLElement)
  readonly #news = byId('news', HTMLElement)
  readonly #decisions: Decisions
  readonly #messages = new Map<string, MessageView>()
  readonly #typing = typingDots()
  readonly #states = new Map<string, string>()
  /** Whether the reader follows; only scrolling changes that, not what grows. */
  #isAtEnd = true
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(decisions: Decisions) {
    this.#decisions = decisions
    this.#list.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#list
      this.#isAtEnd = scrollHeight - scrollTop - clientHeight < 80
    })
    new ResizeObserver(() => this.#stayAtEnd()).observe(this.#list)
  }

  show({ messages, calls, status }: Snapshot): void {
    byId('welcome', HTMLElement).hidden = messages.length > 0
    for (const message of messages) this.#viewOf(message).show(message.parts)
    if (status === 'submitted') this.#list.append(this.#typing)
    else this.#typing.remove()
    this.#stayAtEnd()
    this.#announce(calls)
    this.#keepTime()
  }

  /** Says something to people who listen. */
  say(text: string): void {
    setText(this.#news, text)
  }

  #stayAtEnd(): void {
    if (this.#isAtEnd) this.#list.scrollTop = this.#list.scrollHeight
  }

  #viewOf(message: Message): MessageView {
    const known = this.#messages.get(message.id)
    if (known) return known
    const made = new MessageView(message.role, this.#decisions)
    this.#messages.set(message.id, made)
    this.#list.append(made.root)
    return made
  }

  #announce(calls: readonly ToolPart[]): void {
    for (const call of calls) {
      if (this.#states.get(call.toolCallId) === call.state) continue
      this.#states.set(call.toolCallId, call.state)
      if (call.state !== 'input-streaming') this.say(spoken(call))
    }
  }

  /** One timer while a call is open, none otherwise. */
  #keepTime(): void {
    const open = this.#openCards().length > 0
    if (open && this.#timer === undefined)
      this.#timer = setInterval(() => {
        for (const card of this.#openCards()) card.tick()
      }, tickMs)
    if (open || this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #openCards(): readonly CallCard[] {
    return [...this.#messages.values()].flatMap(({ cards }) => cards).filter((card) => card.isOpen)
  }
}

class MessageView {
  readonly root: HTMLElement
  readonly #decisions: Decisions
  readonly #calls = new Map<string, CallCard>()
  readonly #texts = new Map<number, HTMLElement>()

  constructor(role: Message['role'], decisions: Decisions) {
    this.root = element('div', 'message')
    this.root.dataset['role'] = role
    this.#decisions = decisions
  }

  get cards(): readonly CallCard[] {
    return [...this.#calls.values()]
  }

  show(parts: readonly MessagePart[]): void {
    // What only the provider reads is in the stored message, and was not in the draft.
    const shown = parts.filter((part) => part.type !== 'provider-state')
    shown.forEach((part, index) => {
      if (part.type === 'tool') this.#cardOf(part).show(part)
      else if (part.type !== 'file') setText(this.#textOf(part, index), part.text)
    })
  }

  #cardOf({ toolCallId }: ToolPart): CallCard {
    const known = this.#calls.get(toolCallId)
    if (known) return known
    const card = new CallCard(this.#decisions)
    this.#calls.set(toolCallId, card)
    this.root.append(card.root)
    return card
  }

  #textOf({ type }: TextPart, index: number): HTMLElement {
    const known = this.#texts.get(index)
    if (known) return known
    const made = element('p', 'text')
    this.#texts.set(index, made)
    if (type === 'reasoning') {
      const details = element('details', 'reasoning')
      details.append(element('summary', '', 'Thinking'), made)
      this.root.append(details)
    } else this.root.append(made)
    return made
  }
}

function typingDots(): HTMLElement {
  const dots = element('div', 'typing')
  dots.setAttribute('aria-hidden', 'true')
  dots.append(element('span'), element('span'), element('span'))
  return dots
}
