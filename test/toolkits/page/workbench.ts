// The tools over one page, with answers that can cross from a browser to a test.
import { ToolwireError } from '../../../src/base/index.ts'
import type { PageDocument, PageToolsOptions } from '../../../src/toolkits/page.ts'
import { pageTools } from '../../../src/toolkits/page.ts'
import type { AnyTool } from '../../../src/tools/index.ts'

/** Options without functions: `allow` lists origins. */
export interface BenchOptions extends Pick<
  PageToolsOptions,
  'roots' | 'protect' | 'trustReceipts'
> {
  readonly allow?: readonly string[]
}

/** What one tool or another gives. */
export interface Output {
  readonly elements: readonly {
    readonly handle: string
    readonly selector: string
    readonly tag: string
    readonly removed?: readonly string[]
  }[]
  readonly suggestions: readonly string[]
  readonly ancestors: readonly string[]
  readonly total: number
  readonly problem: string
  readonly handle: string
  readonly tag: string
  readonly text: string
}

/** `output` is absent where the call failed. */
export interface Answer {
  readonly output: Output
  readonly code?: string
  readonly message?: string
}

/** Only a test knows which of the fields are there. */
const answer = (fields: object): Answer => fields as Answer

export class Workbench {
  readonly page: PageDocument
  #tools: readonly AnyTool[]
  readonly #options: BenchOptions

  constructor(page: PageDocument, options: BenchOptions = {}) {
    this.page = page
    this.#options = options
    this.#tools = this.#make(page)
  }

  #make(page: PageDocument): readonly AnyTool[] {
    const { allow, ...options } = this.#options
    return pageTools({
      ...options,
      page,
      ...(allow && {
        allowUrl: (url: URL) => allow.includes(url.origin) || allow.includes(url.protocol),
      }),
    })
  }

  async call(name: string, input: unknown): Promise<Answer> {
    const tool = this.#tools.find((one) => one.name === name)!
    const checked = await tool.validateInput(input)
    if (checked.issues)
      return answer({ code: 'INVALID_INPUT', message: JSON.stringify(checked.issues) })
    return this.#answer(() => tool.execute!(checked.value, this.#context()))
  }

  /** As the log has it: the output went through JSON. */
  undo(output: unknown): Promise<Answer> {
    const tool = this.#tools.find((one) => one.name === 'modify_element')!
    const receipt: unknown = JSON.parse(JSON.stringify(output))
    return this.#answer(() =>
      tool.undo!(receipt, {
        toolCallId: 'a',
        key: 'a',
        input: {},
        signal: new AbortController().signal,
      }),
    )
  }

  html(): string {
    return this.page.html(this.page.root)
  }

  #context(): Parameters<NonNullable<AnyTool['execute']>>[1] {
    const { signal } = new AbortController()
    return { toolCallId: 'a', key: 'a', attempt: 1, signal, progress: () => {} }
  }

  async #answer(work: () => unknown): Promise<Answer> {
    try {
      return answer({ output: JSON.parse(JSON.stringify((await work()) ?? null)) })
    } catch (error) {
      if (error instanceof ToolwireError)
        return answer({ code: error.code, message: error.message })
      return answer({ code: 'UNEXPECTED', message: error instanceof Error ? error.stack : '' })
    }
  }
}
