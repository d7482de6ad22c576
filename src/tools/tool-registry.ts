import { ToolwireError } from '../base/index.ts'
import { type Catalog, catalogOf } from './catalog.ts'
import type { AnyTool, ExecutorSide } from './tool.ts'

/** Which tools to list: those that have all of this. */
export interface ToolFilter {
  readonly category?: string
  /** Capabilities that the tool must require. */
  readonly requires?: readonly string[]
  /** The side that the tool names; a tool that decides per call, or leaves it open, names none. */
  readonly executor?: ExecutorSide
}

/** Those of a union of tools that may have a name. */
export type ToolNamed<One extends AnyTool, Name> = One extends AnyTool
  ? Name extends One['name']
    ? One
    : never
  : never

/** A set of tools by name, in the order in which they came, that says when it changes. */
export class ToolRegistry<out Tools extends AnyTool = AnyTool> {
  // A Map, because a model chooses the names that it is asked for.
  readonly #tools = new Map<string, Tools>()
  readonly #listeners = new Set<() => void>()
  #catalog: Catalog | undefined

  constructor(tools: readonly Tools[] = []) {
    this.register(tools)
  }

  /**
   * Adds one or several tools, all or none; the returned function takes them out again.
   * @throws {@link ToolwireError} `DUPLICATE_TOOL`, `INVALID_TOOL`
   */
  register(tools: Tools | readonly Tools[]): () => void {
    const added = [tools].flat() as readonly Tools[]
    const names = new Set(this.#tools.keys())
    for (const tool of added) {
      if (typeof tool?.validateInput !== 'function')
        throw new ToolwireError('INVALID_TOOL', 'What was given is not a tool.', {
          hint: 'Register what defineTool returned.',
        })
      if (names.has(tool.name))
        throw new ToolwireError('DUPLICATE_TOOL', `Tool "${tool.name}" is already registered.`, {
          hint: 'Rename one, or take the first out with the function that register returned.',
        })
      names.add(tool.name)
    }
    for (const tool of added) this.#tools.set(tool.name, tool)
    this.#changed(added)
    return () => {
      const present = added.filter((tool) => this.#tools.get(tool.name) === tool)
      for (const tool of present) this.#tools.delete(tool.name)
      this.#changed(present)
    }
  }

  /** @throws {@link ToolwireError} `UNKNOWN_TOOL`, listing what there is */
  get<Name extends Tools['name']>(name: Name): ToolNamed<Tools, Name>
  get(name: string): Tools
  get(name: string): Tools {
    return this.#tools.get(name) ?? this.#unknown(name)
  }

  has(name: string): boolean {
    return this.#tools.has(name)
  }

  list(filter: ToolFilter = {}): readonly Tools[] {
    const { category, requires = [], executor } = filter
    return [...this.#tools.values()].filter(
      (tool) =>
        (category === undefined || tool.category === category) &&
        (executor === undefined || tool.executor === executor) &&
        requires.every((capability) => tool.requires?.includes(capability)),
    )
  }

  /** What others may know of the tools, sorted by name, and one hash of it all. Computed anew only after a change. */
  catalog(): Catalog {
    return (this.#catalog ??= catalogOf(this.list()))
  }

  /** Calls `listener` after each change; the returned function ends that. What it throws reaches whoever made the change. */
  onChange(listener: () => void): () => void {
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  #changed(tools: readonly Tools[]): void {
    if (tools.length === 0) return
    this.#catalog = undefined
    const errors: unknown[] = []
    for (const listener of this.#listeners)
      try {
        listener()
      } catch (error) {
        errors.push(error)
      }
    // The others had to hear of the change too, and it stands.
    if (errors.length > 0) throw new AggregateError(errors, 'Listeners of the registry threw.')
  }

  #unknown(name: string): never {
    const names = [...this.#tools.keys()]
    const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '')
    const near = names.find((one) => plain(one) === plain(name))
    const known = names.slice(0, 50).join(', ') || 'none'
    throw new ToolwireError(
      'UNKNOWN_TOOL',
      `Tool "${name}" is not registered. Registered tools: ${known}.`,
      { hint: near ? `Did you mean "${near}"?` : 'Register it, or ask has() first.' },
    )
  }
}
