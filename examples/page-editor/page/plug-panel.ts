import type { Snapshot } from 'toolwire/client'
import { type ToolPart, isTerminal } from 'toolwire/protocol'
import { byId, element, setText } from '../../shared/element.ts'
import type { Entry } from '../ledger.ts'
import { type Plug, type Socket, plugs } from './plugs.ts'

export interface PanelOptions {
  readonly socket: Socket
  readonly send: (prompt: string) => Promise<void>
  readonly entry: (toolCallId: string) => Entry | undefined
  /** Something that nobody expects. */
  readonly fail: (error: unknown) => void
}

/** A plug that was pulled, over the end of a page. */
interface Pulled {
  readonly id: string
  readonly toolCallId: string
}

const key = 'pulled'

/** The buttons: each makes the moment that it needs, breaks something, and says what came of it. */
export class PlugPanel {
  readonly #options: PanelOptions
  readonly #cards = new Map<string, PlugCard>()
  #isBusy = false

  constructor(options: PanelOptions) {
    this.#options = options
    const list = byId('plug-list', HTMLElement)
    for (const plug of plugs) {
      const card = new PlugCard(plug, () => {
        this.#run(plug).catch(options.fail)
      })
      this.#cards.set(plug.id, card)
      list.append(card.root)
    }
    this.refresh()
  }

  /** Says which plugs there are where the server is now. */
  refresh(): void {
    const { wire, home } = this.#options.socket
    for (const [id, card] of this.#cards) {
      const plug = plugs.find((one) => one.id === id)
      const isHere = plug?.homes.includes(home) && (plug.only ?? wire) === wire
      card.allow({ isBusy: this.#isBusy, reason: isHere ? null : (plug?.elsewhere ?? '') })
    }
  }

  /** Goes on where a page before this one was ended by a plug. */
  async resume(): Promise<void> {
    const text = sessionStorage.getItem(key)
    if (text === null) return
    sessionStorage.removeItem(key)
    const { id, toolCallId }: Pulled = JSON.parse(text)
    await this.#busy(id, () => this.#conclude(id, toolCallId))
  }

  async #run(plug: Plug): Promise<void> {
    await this.#busy(plug.id, async (card) => {
      const { socket, send } = this.#options
      await socket.until(isIdle)
      const { calls, messages } = socket.snapshot()
      const before = new Set(calls.map(({ toolCallId }) => toolCallId))
      const isNew = ({ toolCallId }: ToolPart): boolean => !before.has(toolCallId)
      card.say('Waiting for the moment …')
      await plug.prepare?.(socket)
      await send(plug.prompt)
      const found = (): ToolPart | undefined =>
        socket.snapshot().calls.find((call) => isNew(call) && plug.moment(call))
      // Behind the question stands an answer.
      const isOver = (now: Snapshot): boolean =>
        isIdle(now) && now.messages.length > messages.length + 1
      await socket.until((now) => found() !== undefined || isOver(now))
      const call = found()
      if (!call) return card.say('No such call came, so there was nothing to break.', 'over')
      card.say('Pulled. Watch the ledger.')
      if (plug.endsPage) {
        const pulled: Pulled = { id: plug.id, toolCallId: call.toolCallId }
        sessionStorage.setItem(key, JSON.stringify(pulled))
      }
      const note = await plug.pull(socket, call)
      if (plug.endsPage) return
      // A server that was killed asks the model again, which then writes a call of another id.
      await this.#conclude(plug.id, null, { isNew, note: note ?? '' })
    })
  }

  async #conclude(
    id: string,
    toolCallId: string | null,
    { isNew = () => true, note = '' }: { isNew?: (call: ToolPart) => boolean; note?: string } = {},
  ): Promise<void> {
    const { socket, entry } = this.#options
    const find = ({ calls }: Snapshot): ToolPart | undefined =>
      calls.findLast((one) => (toolCallId === null ? isNew(one) : one.toolCallId === toolCallId))
    // A page that has just been loaded knows of no call yet.
    await socket.until(
      (snapshot) => isIdle(snapshot) && (toolCallId === null || find(snapshot) !== undefined),
    )
    const call = find(socket.snapshot())
    const card = this.#cards.get(id)
    const found = call && entry(call.toolCallId)
    card?.say([whatHappened(found), note].filter(Boolean).join(' '), 'over')
  }

  async #busy(id: string, work: (card: PlugCard) => Promise<void>): Promise<void> {
    const card = this.#cards.get(id)
    if (!card || this.#isBusy) return
    this.#isBusy = true
    this.refresh()
    try {
      await work(card)
    } finally {
      this.#isBusy = false
      this.refresh()
    }
  }
}

const isIdle = ({ status, connection, calls }: Snapshot): boolean =>
  connection === 'open' &&
  (status === 'ready' || status === 'error') &&
  calls.every(({ state }) => isTerminal(state))

function whatHappened(entry: Entry | undefined): string {
  if (!entry) return 'No call came of it.'
  const { call, runs, verdict } = entry
  const by = runs.length > 0 ? ` by ${[...new Set(runs.map((run) => run.by))].join(' and ')}` : ''
  const times =
    runs.length === 0
      ? 'never began'
      : `began ${runs.length} time${runs.length > 1 ? 's' : ''}${by}`
  const held = verdict === 'wrong' ? ' That breaks the promise.' : ''
  return `${call.toolName} ${times}, and its one result is ${call.state}.${held}`
}

class PlugCard {
  readonly root: HTMLElement = element('article', 'plug')
  readonly #button: HTMLButtonElement
  readonly #text: HTMLElement
  readonly #promise: string
  #hasNews = false

  constructor({ id, label, promise }: Plug, pull: () => void) {
    this.root.dataset['plug'] = id
    this.#promise = promise
    this.#button = element('button', '', label)
    this.#button.type = 'button'
    this.#button.addEventListener('click', pull)
    this.#text = element('p', '', promise)
    this.#text.setAttribute('role', 'status')
    this.root.append(this.#button, this.#text)
  }

  allow({ isBusy, reason }: { readonly isBusy: boolean; readonly reason: string | null }): void {
    this.#button.disabled = isBusy || reason !== null
    this.root.dataset['here'] = String(reason === null)
    if (!this.#hasNews) setText(this.#text, reason ?? this.#promise)
  }

  say(text: string, phase: 'pulled' | 'over' = 'pulled'): void {
    this.#hasNews = true
    this.root.dataset['phase'] = phase
    setText(this.#text, text)
  }
}
