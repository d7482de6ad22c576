import { type CallState, type ToolPart, isTerminal } from 'toolwire/protocol'
import { element, setText } from '../../shared/element.ts'

const labels: Readonly<Record<CallState, string>> = {
  'input-streaming': 'being written',
  'input-available': 'ready',
  'approval-requested': 'needs your approval',
  queued: 'waiting',
  executing: 'running',
  'output-available': 'done',
  'output-error': 'failed',
  denied: 'denied',
  cancelled: 'cancelled',
  'timed-out': 'timed out',
  'outcome-unknown': 'outcome unknown',
  'input-invalid': 'invalid input',
}

const moods: Readonly<Partial<Record<CallState, string>>> = {
  'approval-requested': 'warn',
  'output-available': 'good',
  'output-error': 'bad',
  denied: 'warn',
  cancelled: 'warn',
  'timed-out': 'bad',
  'outcome-unknown': 'bad',
  'input-invalid': 'bad',
}

/** What a person may decide about a call. */
export interface Decisions {
  approve(toolCallId: string): void
  deny(toolCallId: string): void
}

/** One call: its state and time in one line, what went in and came out below, and the question where there is one. */
export class CallCard {
  readonly root: HTMLElement = element('div', 'step')
  readonly #decisions: Decisions
  readonly #call = element('div', 'call')
  readonly #name = element('span', 'name')
  readonly #where = element('span', 'where')
  readonly #state = element('span', 'state')
  readonly #preview = element('span', 'preview')
  readonly #progress = element('progress')
  readonly #input = element('pre')
  readonly #output = element('pre')
  readonly #outputTitle = element('h3', '', 'Result')
  readonly #failure = element('p', 'failure')
  #question: HTMLElement | null = null
  #part: ToolPart | null = null

  constructor(decisions: Decisions) {
    this.#decisions = decisions
    const summary = element('summary')
    const head = element('span')
    head.append(this.#name, this.#where)
    this.#progress.setAttribute('aria-label', 'Progress')
    summary.append(element('span', 'dot'), head, this.#state, this.#preview, this.#progress)
    const details = element('details')
    details.append(summary, element('h3', '', 'Input'), this.#input)
    details.append(this.#outputTitle, this.#output)
    this.#call.append(details, this.#failure)
    this.root.append(this.#call)
  }

  show(part: ToolPart): void {
    if (part === this.#part) return
    this.#part = part
    this.#call.dataset['mood'] = moods[part.state] ?? 'busy'
    setText(this.#name, part.toolName)
    setText(this.#where, whereOf(part))
    setText(this.#preview, previewOf(part))
    setText(this.#input, part.input === undefined ? (part.inputText ?? '') : pretty(part.input))
    this.#outputTitle.hidden = part.output === undefined
    setText(this.#output, part.output === undefined ? '' : pretty(part.output))
    setText(this.#failure, part.errorForUser ?? part.errorText ?? '')
    this.#failure.hidden = part.errorText === undefined
    this.#showProgress(part)
    this.#ask(part)
    this.tick()
  }

  /** Whether time goes on for this call. */
  get isOpen(): boolean {
    return this.#part !== null && !isTerminal(this.#part.state)
  }

  /** Writes the state anew, with the time that passed since. */
  tick(): void {
    if (!this.#part) return
    const { state, timings } = this.#part
    const { startedAt, finishedAt } = timings
    const ms = startedAt === undefined ? null : (finishedAt ?? Date.now()) - startedAt
    setText(this.#state, ms === null ? labels[state] : `${labels[state]} · ${duration(ms)}`)
  }

  #showProgress({ progress, state }: ToolPart): void {
    const known = state === 'executing' && isProgress(progress)
    this.#progress.hidden = !known
    if (!known) return
    this.#progress.max = progress.total
    this.#progress.value = progress.done
  }

  #ask({ state, toolCallId, toolName }: ToolPart): void {
    if (state !== 'approval-requested') {
      this.#question?.remove()
      this.#question = null
      return
    }
    if (this.#question) return
    const text = element('p', '', `The model asks to run ${toolName}.`)
    const approve = element('button', 'approve', 'Approve')
    const deny = element('button', '', 'Deny')
    approve.addEventListener('click', () => this.#decisions.approve(toolCallId))
    deny.addEventListener('click', () => this.#decisions.deny(toolCallId))
    this.#question = element('div', 'question')
    this.#question.setAttribute('role', 'group')
    this.#question.setAttribute('aria-label', `Approval of ${toolName}`)
    this.#question.append(text, approve, deny)
    this.root.append(this.#question)
  }
}

/** What a call is doing, for people who listen. */
export function spoken({ toolName, state }: ToolPart): string {
  return `${toolName}: ${labels[state]}`
}

function whereOf({ executor }: ToolPart): string {
  if (executor === undefined) return ''
  return executor === 'client' ? 'page' : 'server'
}

/** The values of an input in one line; of one that is being written, the end. */
function previewOf({ input, inputText = '', state }: ToolPart): string {
  const values = Object.entries(input ?? {}).map(([name, value]: [string, unknown]) =>
    Array.isArray(value) ? `${name} (${value.length})` : plain(value),
  )
  const line = (input === undefined ? inputText : values.join('  ')).replace(/\s+/g, ' ')
  if (state !== 'input-streaming' || line.length <= 44) return line.slice(0, 200)
  return `…${line.slice(-43)}`
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function pretty(value: unknown): string {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  // SQL and other texts with line breaks read badly as JSON.
  if (entries.length === 1 && typeof entries[0]?.[1] === 'string') return entries[0][1]
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}

function duration(ms: number): string {
  return ms < 1_000 ? `${Math.max(0, Math.round(ms))} ms` : `${(ms / 1_000).toFixed(1)} s`
}

function isProgress(value: unknown): value is { readonly done: number; readonly total: number } {
  return typeof value === 'object' && value !== null && 'done' in value && 'total' in value
}
