import { styleText } from 'node:util'
import { type Model, type ModelEvent, isToolwireError } from 'toolwire'
import type { CallEvent, ConversationEvent, TurnEvent } from 'toolwire/protocol'

type Style = Parameters<typeof styleText>[0]

interface CallRow {
  readonly number: number
  readonly toolName: string
  readonly executor: string
  readonly createdAt: number
  grantedAt: number | null
  /** How often it was settled: exactly once, or this program has found a bug. */
  results: number
  state: string
  detail: string
  ms: number
}

/** Writes what happens to the calls of one conversation, as it happens, and a summary after each turn. */
export class CallLog {
  readonly #write: (line: string) => void
  readonly #faults: string[] = []
  #calls = new Map<string, CallRow>()
  #startedAt = 0
  #steps = 0
  #tokens = 0
  #text = ''

  constructor(write: (line: string) => void) {
    this.#write = write
  }

  /** What should never happen: a call without exactly one result, a failed turn. */
  get faults(): readonly string[] {
    return this.#faults
  }

  /** An error that is nobody's result, so it counts as a fault. */
  fail(error: unknown): void {
    const hint = isToolwireError(error) ? ` ${error.hint}` : ''
    const fault = `${error instanceof Error ? error.message : String(error)}${hint}`
    this.#faults.push(fault)
    this.#write(paint('red', `  Fault: ${fault}`))
  }

  /** The same model; what it says is shown as it comes, each call as soon as the model begins to write it. */
  watch(model: Model): Model {
    const show = (event: ModelEvent): void => this.#showModel(event)
    return {
      id: model.id,
      format: model.format,
      async *stream(request) {
        for await (const event of model.stream(request)) {
          show(event)
          yield event
        }
      },
    }
  }

  /** For `onEvent` of the server. */
  show(event: ConversationEvent): void {
    if ('callId' in event || event.type === 'call-created') this.#showCall(event)
    else if ('turnId' in event) this.#showTurn(event)
  }

  #showModel(event: ModelEvent): void {
    if (event.type === 'text-delta') this.#text += event.text
    else if (this.#text !== '') {
      this.#line(Date.now(), ['model', 'says', this.#text])
      this.#text = ''
    }
    if (event.type === 'tool-input-start')
      this.#line(Date.now(), [event.toolName, 'input-streaming', event.toolCallId])
  }

  #showTurn(event: TurnEvent): void {
    switch (event.type) {
      case 'turn-started': {
        this.#calls = new Map()
        this.#startedAt = event.at
        this.#steps = 0
        this.#tokens = 0
        const text = event.message.parts.map((part) => (part.type === 'text' ? part.text : ''))
        this.#write('')
        return this.#line(event.at, ['you', 'ask', text.join('')], 'bold')
      }
      case 'step-started':
        this.#steps = event.step
        return this.#line(event.at, ['model', `step ${event.step}`, ''])
      case 'step-finished':
        this.#tokens += event.usage.totalTokens ?? 0
        if (event.error) this.#line(event.at, ['model', 'error', event.error.text], 'red')
        return
      case 'turn-stop-requested':
        return this.#line(event.at, ['you', 'stop', ''])
      case 'turn-finished':
        return this.#summarize(event)
      case 'turn-queued':
      case 'step-renewed':
    }
  }

  #showCall(event: CallEvent): void {
    if (event.type === 'call-created') return this.#create(event)
    const call = this.#calls.get(event.callId)
    if (call) this.#showNews(event, call)
  }

  #showNews(event: Exclude<CallEvent, { type: 'call-created' }>, call: CallRow): void {
    switch (event.type) {
      case 'call-repaired':
        return this.#state(event.at, call, 'repaired', `${event.stage}: ${event.after.inputText}`)
      case 'call-approval-requested':
        return this.#state(event.at, call, 'approval-requested')
      case 'call-decided':
        return this.#state(event.at, call, event.approved ? 'approved' : 'denied by the user')
      case 'call-edited':
        return this.#state(event.at, call, 'edited', JSON.stringify(event.input))
      case 'call-queued':
        return this.#state(event.at, call, 'queued', `for the ${call.executor}`)
      case 'call-granted':
        call.grantedAt = event.at
        return this.#state(event.at, call, 'executing', `on the ${call.executor}`)
      case 'call-cancel-requested':
        return this.#state(event.at, call, 'cancelling')
      case 'call-settled':
        return this.#settle(event, call)
      case 'call-renewed':
      case 'call-suspected':
    }
  }

  #create({ call, at }: Extract<CallEvent, { type: 'call-created' }>): void {
    const row: CallRow = {
      number: this.#calls.size + 1,
      toolName: call.toolName,
      executor: call.executor,
      createdAt: at,
      grantedAt: null,
      results: 0,
      state: 'input-available',
      detail: '',
      ms: 0,
    }
    this.#calls.set(call.callId, row)
    this.#state(at, row, 'input-available', call.inputText ?? JSON.stringify(call.input))
  }

  #settle(event: Extract<CallEvent, { type: 'call-settled' }>, call: CallRow): void {
    call.results++
    call.state = event.state
    call.ms = event.at - (call.grantedAt ?? call.createdAt)
    call.detail = event.errorText ?? plain(event.output)
    this.#state(event.at, call, event.state, `${call.ms} ms  ${call.detail}`)
  }

  #summarize({ reason, error, at }: Extract<TurnEvent, { type: 'turn-finished' }>): void {
    const calls = [...this.#calls.values()]
    const wrong = calls.filter(({ results }) => results !== 1)
    const seconds = ((at - this.#startedAt) / 1_000).toFixed(1)
    const tokens = this.#tokens > 0 ? `, ${this.#tokens} tokens` : ''
    const counts = `${count(this.#steps, 'step')}, ${count(calls.length, 'call')}${tokens}, ${seconds} s`
    this.#write('')
    this.#write(`  The turn is over (${reason}): ${counts}.`)
    for (const call of calls) this.#write(summaryLine(call))
    for (const { number, toolName, results } of wrong)
      this.fail(`call #${number} ${toolName} has ${results} results.`)
    // Shown already, with what the model said.
    if (error) this.#faults.push(error.text)
    if (calls.length > 0 && wrong.length === 0)
      this.#write(paint('green', `  ${count(calls.length, 'call')}, exactly one result for each.`))
  }

  #state(at: number, call: CallRow, state: string, detail = ''): void {
    const style = stateStyles[state]
    this.#line(at, [`${call.toolName} #${call.number}`, state, detail], style)
  }

  #line(at: number, [who, what, detail]: readonly [string, string, string], style?: Style): void {
    const time = `+${((at - this.#startedAt) / 1_000).toFixed(3)}`.padStart(8)
    const state = what.padEnd(18)
    const text = `${who.padEnd(19)} ${style ? paint(style, state) : state} ${oneLine(detail, who === 'model' ? 400 : 72)}`
    this.#write(`${paint('dim', time)}  ${text}`.trimEnd())
  }
}

const stateStyles: Readonly<Record<string, Style>> = {
  'output-available': 'green',
  'approval-requested': 'yellow',
  'output-error': 'red',
  'input-invalid': 'red',
  'timed-out': 'red',
  'outcome-unknown': 'red',
  denied: 'yellow',
  cancelled: 'yellow',
}

function summaryLine({ number, toolName, executor, state, ms, detail, results }: CallRow): string {
  const style = stateStyles[state] ?? 'red'
  const took = `${ms} ms`.padStart(8)
  const alarm = results === 1 ? '' : `  ${results} results!`
  const what = `${toolName.padEnd(16)} ${executor.padEnd(6)} ${paint(style, state.padEnd(16))}`
  return `  ${`#${number}`.padStart(4)}  ${what} ${took}  ${oneLine(detail, 48)}${alarm}`
}

/** Colours only where somebody sees them; `styleText` asks the stream and NO_COLOR. */
function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

function oneLine(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > length ? `${line.slice(0, length - 1)}…` : line
}
