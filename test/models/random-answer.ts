import type { Json } from '../../src/base/index.ts'
import type { MessagePart, NewCall, StepCommit, StepPart } from '../../src/protocol/index.ts'
import type { Chance } from './chance.ts'

/** A model that answers: its ids and its opaque state are as its provider writes them. */
export interface Author {
  /** `Model.id`; absent where nobody wrote down who it was. */
  readonly modelId?: string
  readonly format: string
  readonly id: (chance: Chance, asked: { readonly toolName: string; readonly n: number }) => string
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const word = (chance: Chance, length: number): string =>
  Array.from({ length }, () => letters[chance.below(62)]).join('')

/** Every model that a conversation may have met; the ones that are written for are among them. */
const authors: readonly Author[] = [
  { modelId: 'openai-chat:m', format: 'openai-chat', id: (chance) => `call_${word(chance, 24)}` },
  { modelId: 'openai-chat:mistral', format: 'openai-chat', id: (chance) => word(chance, 9) },
  {
    modelId: 'openai-chat:kimi',
    format: 'openai-chat',
    id: (_, { toolName, n }) =>
      `functions.${toolName.slice(0, 20).replace(/\W/g, '_') || 'none'}:${n}`,
  },
  {
    modelId: 'openai-chat:deepseek',
    format: 'openai-chat',
    id: (chance) => `call_0_${word(chance, 36)}`,
  },
  // Some servers begin to count anew with each answer.
  {
    modelId: 'openai-chat:mantle',
    format: 'openai-chat',
    id: (chance) => `call_${chance.below(3)}`,
  },
  {
    modelId: 'openai-responses:m',
    format: 'openai-responses',
    id: (chance) => (chance.once(3) ? `call_${chance.below(3)}` : `call_${word(chance, 24)}`),
  },
  // A backend that gives longer ids than its own API takes.
  {
    modelId: 'openai-responses:codex',
    format: 'openai-responses',
    id: (chance) => word(chance, 69),
  },
  { modelId: 'anthropic:m', format: 'anthropic', id: (chance) => `toolu_${word(chance, 22)}` },
  { modelId: 'anthropic:other', format: 'anthropic', id: (chance) => `toolu_${word(chance, 22)}` },
  { modelId: 'gemini:gemini-3-pro', format: 'gemini', id: (chance) => `call_${word(chance, 32)}` },
  {
    modelId: 'gemini:gemini-2.5-flash',
    format: 'gemini',
    id: (chance) => `call_${word(chance, 32)}`,
  },
  { modelId: 'ollama:m', format: 'ollama', id: (chance) => `call_${word(chance, 8)}` },
  { modelId: 'cohere-v2:m', format: 'cohere-v2', id: (chance) => `get_${word(chance, 12)}` },
  // Nobody wrote down whose these are.
  ...['anthropic', 'gemini', 'openai-responses', 'openai-chat'].map((format): Author => ({
    format,
    id: (chance) => `call_${word(chance, 24)}`,
  })),
  { format: 'other', id: (chance) => `a.b:${word(chance, 80)}|x` },
]

export interface RandomAnswer extends Pick<StepCommit, 'parts' | 'calls' | 'finishReason'> {
  readonly modelId: string | undefined
  readonly paused?: true
}

export interface AnswerContext {
  readonly tools: readonly string[]
  /** Ids of calls that the conversation has. */
  readonly takenIds: Set<string>
  /** Different for each answer. */
  readonly count: number
}

/** An answer as the engine would commit it, cut off now and then as when the stream breaks. */
export function randomAnswer(chance: Chance, context: AnswerContext): RandomAnswer {
  const author = chance.pick(authors)
  const writer = new AnswerWriter(chance, { ...context, author })
  const whole = writer.write()
  const cut = chance.once(5)
  const parts = cut ? whole.slice(0, chance.below(whole.length + 1)) : whole
  const kept = new Set(parts.map((part) => (part.type === 'call' ? part.callId : '')))
  const calls = writer.calls.filter(({ callId }) => kept.has(callId))
  const reasons = cut
    ? (['error', 'length', 'content-filter', 'other'] as const)
    : ([calls.length > 0 ? 'tool-calls' : 'stop'] as const)
  const { modelId } = author
  return {
    parts,
    calls,
    finishReason: chance.pick(reasons),
    modelId,
    ...(writer.paused && !cut && { paused: true }),
  }
}

type State = Readonly<Record<string, Json>>

class AnswerWriter {
  readonly calls: NewCall[] = []
  paused = false
  readonly #parts: StepPart[] = []
  readonly #chance: Chance
  readonly #context: AnswerContext & { readonly author: Author }
  #tokens = 0

  constructor(chance: Chance, context: AnswerContext & { readonly author: Author }) {
    this.#chance = chance
    this.#context = context
  }

  write(): readonly StepPart[] {
    const { format } = this.#context.author
    if (format === 'anthropic') this.#anthropic()
    else if (format === 'openai-responses') this.#responses()
    else if (format === 'gemini') this.#gemini()
    else this.#plain(format)
    return this.#parts
  }

  /** Text, then calls, then what the server wants back of the message as a whole. */
  #plain(format: string): void {
    const reasons = this.#chance.flip()
    if (reasons) this.#say('reasoning', 'Let me think.')
    this.#text()
    const signed = format === 'openai-chat' && this.#chance.once(3)
    this.#callSome(() => (signed ? { extra_content: { signature: this.#token() } } : {}))
    if (!reasons) return
    if (format === 'openai-chat')
      this.#state({
        reasoning_content: this.#token(),
        reasoning_details: [{ text: this.#token() }],
      })
    if (format === 'ollama') this.#state({ thinking: this.#token() })
    if (format === 'cohere-v2')
      this.#state({ [this.#chance.pick(['tool_plan', 'thinking'])]: this.#token() })
  }

  #anthropic(): void {
    const { count } = this.#context
    if (this.#chance.flip()) {
      this.#say('reasoning', 'Let me think.')
      this.#state({ type: 'thinking', thinking: 'Let me think.', signature: this.#token() })
      if (this.#chance.once(4)) this.#state({ type: 'redacted_thinking', data: this.#token() })
    }
    this.#text()
    const searched = this.#chance.once(4)
    const id = `srvtoolu_${count}`
    if (searched) {
      this.#state({ type: 'server_tool_use', id, name: 'web_search', input: { q: this.#token() } })
      // Whoever pauses is asked again, so that it was written down who it is.
      this.paused = this.#context.author.modelId !== undefined && this.#chance.once(4)
      if (this.paused) return
      // Beside calls, the server waits for their results before it searches.
      if (this.#chance.once(4)) return this.#callSome(() => ({}))
      this.#state({
        type: 'web_search_tool_result',
        tool_use_id: id,
        content: [{ e: this.#token() }],
      })
      this.#say('text', 'Found it.')
      this.#state({ type: 'text', text: 'it.', citations: [{ e: this.#token() }] })
    }
    const coded = this.#chance.once(5)
    if (coded)
      this.#state({ type: 'server_tool_use', id: `${id}c`, name: 'code_execution', input: {} })
    this.#callSome(() => ({
      caller: coded ? { type: 'code_execution_1', tool_id: `${id}c` } : { type: 'direct' },
    }))
    if (coded) this.#state({ container: `container_${count}` })
  }

  #responses(): void {
    const { count } = this.#context
    const reasons = this.#chance.flip()
    // What reasoning has to come before says so in its id, for whoever checks.
    const kind = reasons ? `after-rs_${count}-` : ''
    if (reasons) {
      this.#say('reasoning', 'Let me think.')
      const content = this.#chance.pick<State>([
        { encrypted_content: this.#token() },
        { encrypted_content: this.#token() },
        { content: [{ type: 'reasoning_text', text: this.#token() }] },
        {},
      ])
      this.#state({ type: 'reasoning', id: `rs_${count}`, summary: [], ...content })
    }
    if (this.#text() && this.#chance.flip())
      this.#state({
        type: 'message',
        id: `msg_${kind}${count}`,
        role: 'assistant',
        status: 'completed',
      })
    if (this.#chance.once(5))
      this.#state({ type: 'web_search_call', id: `ws_${count}`, status: 'completed' })
    if (this.#chance.once(5)) {
      this.#state({ type: 'shell_call', id: `sh_${count}`, call_id: `s${count}`, action: {} })
      this.#state({
        type: 'shell_call_output',
        id: `so_${count}`,
        call_id: `s${count}`,
        output: [],
      })
    }
    const programmed = this.#chance.once(6)
    if (programmed) this.#state({ type: 'program', id: `cm_${count}`, call_id: `p${count}` })
    const custom = this.#chance.once(6)
    this.#callSome((n) => ({
      id: `fc_${kind}${count}_${n}`,
      type: custom ? 'custom_tool_call' : 'function_call',
      ...(programmed && { caller: { type: 'program', caller_id: `p${count}` } }),
    }))
  }

  #gemini(): void {
    const spoke = this.#text()
    if (this.#chance.once(4)) this.#state({ text: '', thoughtSignature: this.#token() })
    if (spoke && this.#chance.once(4))
      this.#state({ text: 'see.', thoughtSignature: this.#token() })
    if (this.#chance.once(5)) this.#state({ thoughtSignature: this.#token() })
    if (this.#chance.once(6)) {
      this.#state({ executableCode: { language: 'PYTHON', code: this.#token() } })
      this.#state({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } })
    }
    const signed = this.#chance.flip()
    const named = this.#chance.flip()
    this.#callSome((n) => ({
      ...(named && { id: `${this.#context.count}-${n}` }),
      ...(signed && n === 0 && { thoughtSignature: this.#token() }),
    }))
  }

  /** Says something, or not; whether it did. */
  #text(): boolean {
    const text = this.#chance.pick(['', '', 'Well. ', 'Let us see.', ' \n'])
    if (text) this.#say(this.#chance.once(8) ? 'refusal' : 'text', text)
    return text !== ''
  }

  #say(type: 'text' | 'reasoning' | 'refusal', text: string): void {
    this.#parts.push({ type, text })
  }

  #state(state: State, toolCallId?: string): void {
    const { format } = this.#context.author
    const part: MessagePart = { type: 'provider-state', format, state }
    this.#parts.push(toolCallId === undefined ? part : { ...part, toolCallId })
  }

  /** A text that occurs nowhere else, with the model that it must go back to, and to no other. */
  #token(): string {
    const { author, count } = this.#context
    return `<${count}.${++this.#tokens} of ${author.modelId ?? `${author.format}:?`}>`
  }

  #callSome(state: (n: number) => State): void {
    const number = this.#chance.pick([0, 1, 1, 2, 3])
    const ids = new Set<string>()
    for (let n = 0; n < number; n++) {
      const toolName = this.#chance.pick([
        'edit',
        'edit',
        'edit',
        ...this.#context.tools,
        'no.such tool',
        '',
      ])
      const wanted = this.#context.author.id(this.#chance, {
        toolName,
        n: this.#context.takenIds.size,
      })
      // A decoder gives an id of its own to what has the id of another call of the answer.
      const id = ids.has(wanted) ? `call_${word(this.#chance, 32)}` : wanted
      ids.add(id)
      const call = this.#newCall(id, toolName)
      this.calls.push(call)
      this.#parts.push({ type: 'call', callId: call.callId })
      const more = state(n)
      if (Object.keys(more).length > 0) this.#state(more, id)
      if (this.#chance.once(6)) this.#say('text', 'And: ')
    }
  }

  #newCall(id: string, toolName: string): NewCall {
    const { count, takenIds } = this.#context
    let toolCallId = id
    for (let n = 2; takenIds.has(toolCallId); n++) toolCallId = `${id}_${n}`
    takenIds.add(toolCallId)
    const callId = `${count}-${this.calls.length}`
    const argsHash = this.#chance.flip() ? 'same' : callId
    return {
      callId,
      toolCallId,
      ...(toolCallId !== id && { providerToolCallId: id }),
      toolName,
      executor: this.#chance.pick(['client', 'client', 'server']),
      effect: this.#chance.pick(['once', 'idempotent']),
      argsHash,
      timeoutMs: 20_000,
      ...this.#fate(callId),
    }
  }

  /** The input, and what the engine found wrong with it. */
  #fate(callId: string): Partial<NewCall> {
    const input = this.#chance.pick([{ callId }, {}, { deep: { list: [1, '\u2028', null] } }])
    const conflictKeys = this.#chance.once(3) ? { conflictKeys: ['k'] } : {}
    if (!this.#chance.once(3))
      return { input, ...conflictKeys, ...(this.#chance.once(4) && { approvalId: `a-${callId}` }) }
    const errorText = 'Not run.'
    return this.#chance.pick<Partial<NewCall>>([
      { input, settled: { state: 'denied', errorCode: 'not-permitted', errorText } },
      { input, settled: { state: 'input-invalid', errorCode: 'invalid-input', errorText } },
      ...['', '{"a', '[1]', 'null', '{"a":1} and more', '{"a": 1}', '"{}"'].map(
        (inputText): Partial<NewCall> => ({
          inputText,
          settled: { state: 'input-invalid', errorText },
        }),
      ),
    ])
  }
}
