import type { Snapshot, ToolClient } from 'toolwire/client'
import type { Message, MessagePart, ToolPart } from 'toolwire/protocol'
import { byId, element, setText } from '../../shared/element.ts'
import { CallView } from './call-view.ts'

export interface ChatOptions {
  readonly client: ToolClient
  /** How long a question stays open. */
  readonly approvalMs: number
  readonly fail: (error: unknown) => void
}

type TextPart = Extract<MessagePart, { type: 'text' | 'reasoning' | 'refusal' }>

/** The messages: makes the page look like a snapshot, touching only what changed. */
export class Chat {
  readonly #options: ChatOptions
  readonly #list = byId('messages', HTMLElement)
  readonly #messages = new Map<string, MessageView>()
  readonly #typing = typingDots()
  readonly #undo: UndoTurn
  /** Whether the reader follows; only scrolling changes that, not what grows. */
  #isAtEnd = true

  constructor(options: ChatOptions) {
    this.#options = options
    this.#undo = new UndoTurn(options)
    this.#list.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#list
      this.#isAtEnd = scrollHeight - scrollTop - clientHeight < 80
    })
    // Cards draw themselves, a little after the messages that they are in.
    const stay = (): void => this.#stayAtEnd()
    new ResizeObserver(stay).observe(this.#list)
    new MutationObserver(stay).observe(this.#list, { childList: true, subtree: true })
  }

  show({ messages, calls, status }: Snapshot): void {
    byId('welcome', HTMLElement).hidden = messages.length > 0
    const shown = new Set(messages.map(({ id }) => id))
    // What a server that was killed had begun to say is said anew.
    for (const [id, view] of this.#messages)
      if (!shown.has(id)) {
        view.root.remove()
        this.#messages.delete(id)
      }
    for (const message of messages) this.#viewOf(message).show(message.parts)
    if (status === 'submitted') this.#list.append(this.#typing)
    else this.#typing.remove()
    this.#undo.show(calls, status, this.#list)
    this.#stayAtEnd()
  }

  #stayAtEnd(): void {
    if (this.#isAtEnd) this.#list.scrollTop = this.#list.scrollHeight
  }

  #viewOf(message: Message): MessageView {
    const known = this.#messages.get(message.id)
    if (known) return known
    const made = new MessageView(message.role, this.#options)
    this.#messages.set(message.id, made)
    this.#list.append(made.root)
    return made
  }
}

class MessageView {
  readonly root: HTMLElement
  readonly #options: ChatOptions
  readonly #calls = new Map<string, CallView>()
  readonly #texts = new Map<number, HTMLElement>()

  constructor(role: Message['role'], options: ChatOptions) {
    this.root = element('div', 'message')
    this.root.dataset['role'] = role
    this.#options = options
  }

  show(parts: readonly MessagePart[]): void {
    // What only the provider reads is in the stored message, and was not in the draft.
    const shown = parts.filter((part) => part.type !== 'provider-state')
    shown.forEach((part, index) => {
      if (part.type === 'tool') this.#callOf(part).show(part)
      else if (part.type !== 'file') setText(this.#textOf(part, index), part.text)
    })
  }

  #callOf({ toolCallId }: ToolPart): CallView {
    const known = this.#calls.get(toolCallId)
    if (known) return known
    const view = new CallView(toolCallId, this.#options)
    this.#calls.set(toolCallId, view)
    this.root.append(view.root)
    return view
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

/** A button below the messages that takes back all that the last turn did. */
class UndoTurn {
  readonly #button = element('button', 'undo-turn', 'Undo all of this turn')
  #turnId = ''

  constructor({ client, fail }: ChatOptions) {
    this.#button.type = 'button'
    this.#button.addEventListener('click', () => {
      this.#button.disabled = true
      client
        .undo(this.#turnId)
        .catch(fail)
        .finally(() => (this.#button.disabled = false))
    })
  }

  show(calls: readonly ToolPart[], status: Snapshot['status'], list: HTMLElement): void {
    const turnId = calls.findLast(({ undo }) => undo?.state === 'possible')?.undo?.turnId
    const possible = calls.filter(
      ({ undo }) => undo?.turnId === turnId && undo?.state === 'possible',
    )
    if (turnId === undefined || possible.length < 2 || status !== 'ready') {
      this.#button.remove()
      return
    }
    this.#turnId = turnId
    list.append(this.#button)
  }
}

function typingDots(): HTMLElement {
  const dots = element('div', 'typing')
  dots.setAttribute('aria-hidden', 'true')
  dots.append(element('span'), element('span'), element('span'))
  return dots
}
