import type { World } from '../base/index.ts'
import type { ModelEvent } from '../ports/index.ts'
import type { ToolDescriptor } from '../protocol/index.ts'
import { type InputProblem, readInputText } from './_input-text.ts'
import { ToolNames } from './_names.ts'

/** As many calls as an answer may have; what more of them comes stays text. */
const maxCalls = 256

/** Says the calls that a grammar reads, one after the other. */
export class TextCallWriter {
  readonly #tools = new Map<string, ToolDescriptor>()
  readonly #ids = new Set<string>()
  readonly #world: World
  readonly #emit: (event: ModelEvent) => void
  #open: { readonly toolCallId: string; readonly toolName: string; inputText: string } | undefined
  #count = 0
  #cut = false

  constructor(
    tools: readonly ToolDescriptor[],
    options: { readonly world: World; readonly emit: (event: ModelEvent) => void },
  ) {
    const names = new ToolNames()
    for (const tool of tools) this.#tools.set(names.toWire(tool.name), tool)
    // A tool's own name counts over what stands for another one's.
    for (const tool of tools) this.#tools.set(tool.name, tool)
    this.#world = options.world
    this.#emit = options.emit
  }

  /** Whether a call has begun and not ended. */
  get open(): boolean {
    return this.#open !== undefined
  }

  /** How many calls have begun. */
  get count(): number {
    return this.#count
  }

  /** How many more calls the answer may have. */
  get room(): number {
    return maxCalls - this.#count
  }

  /** Whether a call was cut. */
  get cut(): boolean {
    return this.#cut
  }

  /** The tool that the model means by a name: its own, or the one that it has on the wire. */
  find(name: string): ToolDescriptor | undefined {
    return this.room > 0 ? this.#tools.get(name) : undefined
  }

  /** Keeps an id that the answer has already. */
  reserve(id: string): void {
    this.#ids.add(id)
  }

  /** From here on it is a call, whatever follows. `id` is the model's own, where it wrote one. */
  begin(tool: ToolDescriptor, id = ''): void {
    const toolCallId = id && !this.#ids.has(id) ? id : `call_${this.#world.randomId()}`
    this.#ids.add(toolCallId)
    this.#count++
    this.#open = { toolCallId, toolName: tool.name, inputText: '' }
    this.#emit({ type: 'tool-input-start', toolCallId, toolName: tool.name })
  }

  /** Adds input. */
  write(delta: string): void {
    if (!this.#open || delta === '') return
    this.#open.inputText += delta
    this.#emit({ type: 'tool-input-delta', toolCallId: this.#open.toolCallId, delta })
  }

  /** Ends the call; without `problem`, its input decides whether it has one. */
  end(problem?: InputProblem): void {
    const call = this.#open
    if (!call) return
    this.#open = undefined
    const input = problem ?? readInputText(call.inputText)
    this.#cut ||= input === 'truncated'
    this.#emit({
      type: 'tool-input-end',
      ...call,
      ...(typeof input === 'string' ? { problem: input } : { input }),
    })
  }

  /** Says a call that is known as a whole. */
  add(tool: ToolDescriptor, inputText: string, problem?: InputProblem): void {
    this.begin(tool)
    this.write(inputText)
    this.end(problem)
  }
}
