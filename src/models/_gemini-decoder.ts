import { type JsonObject, isObject } from '../base/index.ts'
import type { Usage } from '../protocol/index.ts'
import { AnswerDecoder, type Verdict, usageOf } from './_answer-decoder.ts'
import { PartialArgs } from './_gemini-args.ts'
import { type Foreign, fields, isText, objects } from './_json.ts'
import { ModelError, excerpt } from './_model-error.ts'
import type { Ending, Slot } from './_slots.ts'

interface OpenCall {
  readonly slot: Slot
  /** Set where its arguments come in pieces. */
  args?: PartialArgs
  /** Whether the last piece said that another follows. */
  more: boolean
}

const counted = [
  'promptTokenCount',
  'toolUsePromptTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'totalTokenCount',
  'cachedContentTokenCount',
] as const
type Counts = Partial<Record<(typeof counted)[number], Foreign>>

/** Numbers of the Gemini API with `enum-encoding=int`, in the order of its type file. */
const numbered = [
  '',
  'STOP',
  'MAX_TOKENS',
  'SAFETY',
  'RECITATION',
  'OTHER',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MALFORMED_FUNCTION_CALL',
  'IMAGE_SAFETY',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
]

const filtered = /SAFETY|RECITATION|BLOCKLIST|PROHIBITED|SPII|ARMOR/
const failed = /MALFORMED|UNEXPECTED_TOOL|TOO_MANY_TOOL|MISSING_THOUGHT/
const unspecified = /^(0|FINISH_REASON_UNSPECIFIED|)$/

/** Decodes the answer of the Gemini API or Vertex, streamed or whole. */
export class GeminiDecoder extends AnswerDecoder {
  #calls = 0
  #open: OpenCall | undefined
  /** They grow from event to event. */
  readonly #counts: Counts = {}
  #finishMessage = ''
  #blockReason: string | undefined

  protected read(chunk: JsonObject): boolean {
    const { usageMetadata, promptFeedback, candidates } = chunk
    if (isObject(usageMetadata))
      for (const name of counted) this.#counts[name] = usageMetadata[name] ?? this.#counts[name]
    const { blockReason } = fields(promptFeedback)
    if (word(blockReason)) {
      this.#blockReason = this.rawReason = word(blockReason)
      this.done = true
    }
    // Only the first of several answers that were asked for at once.
    const first = objects(candidates).find((each) => (each['index'] ?? 0) === 0)
    if (first) this.#readCandidate(first)
    return [usageMetadata, promptFeedback, candidates].some((each) => each !== undefined)
  }

  protected judge(reason: string | null): Verdict {
    const name = (reason && numbered[Number(reason)]) || reason || ''
    if (reason !== null && reason === this.#blockReason)
      return this.#failure(`The prompt was blocked (${reason}).`, false)
    if (failed.test(name)) {
      const wrote = this.#finishMessage && `: ${excerpt(this.#finishMessage, 2000)}`
      return this.#failure(`The model made a call that is none (${name})${wrote}`, true)
    }
    if (filtered.test(name)) return 'content-filter'
    if (name === 'MAX_TOKENS') return 'length'
    return name === 'STOP' ? 'stop' : 'other'
  }

  protected override beforeEnd(ending: Ending): void {
    this.usage = neutral(this.#counts)
    // The piece that ends a call may be missing, but not where the answer was cut.
    if (ending === 'whole' || !this.#open?.more) this.#close()
  }

  #failure(message: string, retryable: boolean): ModelError {
    return new ModelError('MODEL_PROVIDER', message, {
      hint: retryable ? 'Send the request again.' : 'Change the prompt, or the safety settings.',
      retryable,
      providerCode: this.rawReason ?? undefined,
      failedGeneration: this.#finishMessage || undefined,
    })
  }

  #readCandidate({ content, finishReason, finishMessage }: JsonObject): void {
    for (const part of objects(fields(content)['parts'])) this.#readPart(part)
    // It may come twice: after tools that the server runs, text goes on.
    const reason = word(finishReason)
    if (unspecified.test(reason)) return
    this.rawReason = reason
    this.done = true
    this.#finishMessage = isText(finishMessage) ? finishMessage : ''
  }

  #readPart(part: JsonObject): void {
    const { functionCall, functionResponse, text, thought, ...rest } = part
    if (isObject(functionCall)) return this.#readCall(functionCall, part['thoughtSignature'])
    // The result of a tool that the server ran goes back with nothing: its call is not ours to answer.
    if (functionResponse) return
    this.text(thought ? 'reasoning-delta' : 'text-delta', text)
    // A signature belongs to its part, and code that the server ran to its place in the answer.
    if (Object.keys(rest).length > 0) this.emitState(part)
  }

  #readCall(call: JsonObject, signature: Foreign): void {
    this.done = false
    const { id, name, willContinue } = call
    const open = this.#callOf(call)
    const { slot } = open
    this.slots.identify(slot, id, name)
    if (isText(id)) this.slots.keep(slot, { id })
    if (isText(signature)) this.slots.keep(slot, { thoughtSignature: signature })
    this.#readArgs(open, call)
    this.slots.announce(slot)
    open.more = willContinue === true
  }

  /** The call that a piece belongs to; pieces after the first have no name, and the last has nothing. */
  #callOf({ id, name }: JsonObject): OpenCall {
    const open = this.#open
    const repeats = isText(id) && id === open?.slot.id && name === open.slot.name
    if (open && (isText(name) ? repeats && open.more : open.more || open.args)) return open
    this.#close()
    this.#open = { slot: this.slots.open(this.#calls++), more: false }
    return this.#open
  }

  #readArgs(open: OpenCall, { args, partialArgs }: JsonObject): void {
    const pieces = objects(partialArgs)
    if (pieces.length > 0) open.args ??= new PartialArgs()
    for (const piece of pieces) this.slots.input(open.slot, open.args?.add(piece))
    // Whole arguments beside pieces repeat them.
    if (!open.args) this.slots.input(open.slot, args)
  }

  #close(): void {
    const { slot, args } = this.#open ?? {}
    if (slot && args) this.slots.input(slot, args.close())
    this.#open = undefined
  }
}

/** An enum's value: its name, or its number. */
function word(value: Foreign): string {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : ''
}

/** Thoughts and results of the server's own tools are counted beside. */
function neutral(counts: Counts): Usage {
  const { candidatesTokenCount, thoughtsTokenCount, totalTokenCount } = counts
  return usageOf({
    inputTokens: sum(counts.promptTokenCount, counts.toolUsePromptTokenCount),
    outputTokens: sum(candidatesTokenCount, thoughtsTokenCount),
    totalTokens: totalTokenCount,
    reasoningTokens: thoughtsTokenCount,
    cachedInputTokens: counts.cachedContentTokenCount,
  })
}

function sum(...counts: readonly Foreign[]): number | undefined {
  const known = counts.filter((count) => typeof count === 'number')
  return known.length > 0 ? known.reduce((total, count) => total + count, 0) : undefined
}
