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

export interface Receipt {
  readonly elements: readonly { handle: string; selector: string; removed?: readonly string[] }[]
  readonly receipt: { readonly id: string; readonly steps: readonly unknown[] }
}

export interface Answer<Output = unknown> {
  readonly output?: Output
  readonly code?: string
  readonly message?: string
}

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
    if (checked.issues) return { code: 'INVALID_INPUT', message: JSON.stringify(checked.issues) }
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
      return { output: JSON.parse(JSON.stringify((await work()) ?? null)) }
    } catch (error) {
      if (error instanceof ToolwireError) return { code: error.code, message: error.message }
      return {
        code: 'UNEXPECTED',
        message: String(error) + (error instanceof Error ? error.stack : ''),
      }
    }
  }
}
