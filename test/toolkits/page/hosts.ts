// The same tools over a live document and over a file.
import type { BrowserContext, Page } from 'playwright'
import { htmlPage } from '../../../src/toolkits/page-file.ts'
import { TestBrowser } from '../../browser/browser.ts'
import { type Site, serveScript } from '../../browser/site.ts'
import type { PageRealm } from './in-browser.ts'
import { type Answer, type BenchOptions, Workbench } from './workbench.ts'

// The script of the page puts it there.
declare const pageRealm: PageRealm

export interface Bench {
  call(name: string, input: unknown): Promise<Answer>
  undo(output: unknown): Promise<Answer>
  /** The page as it is written out. */
  html(): Promise<string>
  /** The same page, and nobody who remembers anything. */
  reopen(options?: BenchOptions): Promise<void>
}

export interface Host {
  readonly name: string
  open(html: string, options?: BenchOptions): Promise<Bench>
}

export class FileHost implements Host {
  readonly name = 'a file on the server'

  async open(html: string, options?: BenchOptions): Promise<Bench> {
    let page = htmlPage(html)
    let bench = new Workbench(page, options)
    return {
      call: (name, input) => bench.call(name, input),
      undo: (output) => bench.undo(output),
      html: async () => bench.html(),
      async reopen(again) {
        page = htmlPage(page.html())
        bench = new Workbench(page, again ?? options)
      },
    }
  }
}

/** A tab in a real Chromium, or the reason why there is none. */
export class LiveHost implements Host {
  readonly name = 'a live document'
  /** Addresses elsewhere that the page wanted. */
  readonly wanted: string[] = []
  #reason = ''
  #browser: TestBrowser | undefined
  #site: Site | undefined
  #context: BrowserContext | undefined
  #page: Page | undefined

  static async start(): Promise<LiveHost> {
    const host = new LiveHost()
    host.#browser = await TestBrowser.start()
    const tell = (reason: string): never => {
      host.#reason = reason
      throw new Error(reason)
    }
    const context = await host.#browser.context(tell).catch((error: unknown) => {
      if (host.#reason === '') throw error
    })
    if (!context) return host
    host.#context = context
    host.#site = await serveScript('../toolkits/page/in-browser.ts')
    await context.route('**/*', (route) => {
      const url = route.request().url()
      if (url.startsWith(`${host.origin}/`)) return route.continue()
      host.wanted.push(url)
      return route.abort()
    })
    host.#page = await context.newPage()
    await host.page.goto(`${host.origin}/page`)
    return host
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#site?.port}`
  }

  get page(): Page {
    if (!this.#page) throw new Error(this.#reason)
    return this.#page
  }

  skipWithout(skip: (reason: string) => unknown): void {
    if (this.#reason !== '') skip(this.#reason)
  }

  async open(html: string, options?: BenchOptions): Promise<Bench> {
    const { page } = this
    await page.evaluate(([text, given]) => pageRealm.open(text, given), [html, options] as const)
    return {
      call: (name, input) =>
        page.evaluate(([one, given]) => pageRealm.bench!.call(one, given), [name, input] as const),
      undo: (output) => page.evaluate((given) => pageRealm.bench!.undo(given), output),
      html: () => page.evaluate(() => pageRealm.bench!.html()),
      reopen: (again) => page.evaluate((given) => pageRealm.reopen(given), again ?? options),
    }
  }

  /** What ran or was wanted from elsewhere since the page was opened, or `null`. */
  async sawHarm(): Promise<string | null> {
    await this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
    if (await this.page.evaluate(() => '__pwned' in globalThis)) return 'a script ran'
    return this.wanted[0] ?? null
  }

  async close(): Promise<void> {
    await this.#context?.close()
    await this.#site?.close()
    await this.#browser?.close()
  }
}
