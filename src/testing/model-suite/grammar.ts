import { canonicalJson, isObject, isToolwireError } from '../../base/index.ts'
import type { Model, ModelEvent } from '../../ports/index.ts'
import type { Answer } from './answer.ts'

/** Where an answer breaks what the Model port promises, whatever the server sent. */
export function grammarProblems(answer: Answer, { format }: Model): readonly string[] {
  return [
    ...endProblems(answer),
    ...callProblems(answer.events),
    ...answer.calls.flatMap(inputProblems),
    ...reasonProblems(answer),
    ...answer.events.flatMap((event) => eventProblems(event, format)),
  ]
}

function endProblems({ events }: Answer): readonly string[] {
  const types = events.map(({ type }) => type)
  return types.length > 0 && types.indexOf('finish') === types.length - 1
    ? []
    : [`"finish" comes once and last, not as in: ${types.join(' ')}`]
}

function callProblems(events: readonly ModelEvent[]): readonly string[] {
  const calls = new CallGrammar()
  for (const event of events) calls.read(event)
  return calls.end()
}

type CallEvent = Extract<
  ModelEvent,
  { type: 'tool-input-start' | 'tool-input-delta' | 'tool-input-end' }
>

/** Each call begins once and ends once, and its pieces come between. */
class CallGrammar {
  readonly #found: string[] = []
  readonly #open = new Map<string, { readonly toolName: string; text: string }>()
  readonly #seen = new Set<string>()

  read(event: ModelEvent): void {
    if (event.type === 'tool-input-start') this.#start(event)
    else if (event.type === 'tool-input-delta' || event.type === 'tool-input-end') this.#goOn(event)
    else if (event.type === 'provider-state' && event.toolCallId !== undefined)
      if (!this.#seen.has(event.toolCallId))
        this.#found.push(`State comes for the call "${event.toolCallId}", which did not begin.`)
  }

  end(): readonly string[] {
    const left = [...this.#open.keys()].map((id) => `The call "${id}" has no end.`)
    return [...this.#found, ...left]
  }

  #start({ toolCallId: id, toolName }: Extract<CallEvent, { type: 'tool-input-start' }>): void {
    if (this.#seen.has(id) || id === '')
      this.#found.push(`Two calls have the id "${id}", or it is empty.`)
    this.#open.set(id, { toolName, text: '' })
    this.#seen.add(id)
  }

  #goOn(event: Exclude<CallEvent, { type: 'tool-input-start' }>): void {
    const { toolCallId: id } = event
    const call = this.#open.get(id)
    if (!call) this.#found.push(`A "${event.type}" comes outside of the call "${id}".`)
    else if (event.type === 'tool-input-delta') call.text += event.delta
    else {
      if (call.text !== event.inputText)
        this.#found.push(
          `The pieces of the call "${id}" are "${call.text}", its input "${event.inputText}".`,
        )
      if (call.toolName !== event.toolName) this.#found.push(`The call "${id}" changes its name.`)
      this.#open.delete(id)
    }
  }
}

/** `input` is there only where `inputText` is one JSON object; else `problem` says why not. */
function inputProblems({
  toolCallId: id,
  input,
  inputText,
  problem,
}: Answer['calls'][number]): readonly string[] {
  if ((input === undefined) === (problem === undefined))
    return [`The call "${id}" has either "input" or "problem".`]
  if (input === undefined) return []
  const read = parse(inputText)
  const same = isObject(read) && canonicalJson(read) === canonicalJson(input)
  return same ? [] : [`The input of the call "${id}" is not what its text says: "${inputText}".`]
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reasonProblems({ events, calls, error, finish }: Answer): readonly string[] {
  const found: string[] = []
  const { reason } = finish ?? {}
  const cut = calls.some(({ problem }) => problem === 'truncated')
  if ((error !== undefined) !== (reason === 'error'))
    found.push(
      `An "error" comes with the reason "error", and only with it; the reason is "${reason}".`,
    )
  if (events.filter(({ type }) => type === 'error').length > 1) found.push('"error" comes twice.')
  if (reason === 'tool-calls' && (cut || calls.length === 0))
    found.push('The reason is "tool-calls" without a call, or with one that was cut.')
  if ((reason === 'stop' || reason === 'other') && calls.length > 0)
    found.push(`The reason is "${reason}" although there are calls.`)
  return found
}

function eventProblems(event: ModelEvent, format: string): readonly string[] {
  if (event.type === 'error')
    return isToolwireError(event.error) ? [] : ['The error is no ToolwireError.']
  if (event.type === 'provider-state')
    return event.format === format ? [] : [`State comes with the format "${event.format}".`]
  if (event.type === 'finish')
    return Object.values(event.usage).every((count) => Number.isFinite(count))
      ? []
      : ['A count of the usage is no number.']
  return 'text' in event && event.text === '' ? [`A "${event.type}" is empty.`] : []
}
