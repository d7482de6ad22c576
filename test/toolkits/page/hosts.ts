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
  call<Output = any>(name: string, input: unknown): Promise<Answer<Output>>
  undo(output: unknown): Promise<Answer>
  /** The page as it is written out. */
  html(): Promise<string>
  /** The same page, and nobody who remembers anything. */
  reopen(options?: BenchOptions): Promise<void>
}

type Skip = (reason: string) => never

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
      call: (name, input) => bench.call(name, input) as Promise<Answer<any>>,
      undo: (output) => bench.undo(output),
      html: async () => bench.html(),
      async reopen(again) {
        page = htmlPage(page.html())
        bench = new Workbench(page, again ?? options)
      },
    }
  }
}

/** A tab in a real Chromium. */
export class LiveHost implements Host {
  readonly name = 'a live document'
  readonly #browser: TestBrowser
  readonly #site: Site
  readonly #context: BrowserContext
  readonly page: Page
  /** Addresses elsewhere that the page wanted. */
  readonly wanted: string[] = []

  private constructor(parts: {
    browser: TestBrowser
    site: Site
    context: BrowserContext
    page: Page
  }) {
    this.#browser = parts.browser
    this.#site = parts.site
    this.#context = parts.context
    this.page = parts.page
  }

  static async start(skip: Skip): Promise<LiveHost> {
    const browser = await TestBrowser.start()
    const context = await browser.context(skip)
    const site = await serveScript('../toolkits/page/in-browser.ts')
    const page = await context.newPage()
    const host = new LiveHost({ browser, site, context, page })
    const own = `http://127.0.0.1:${site.port}`
    await context.route('**/*', (route) => {
      const url = route.request().url()
      if (url.startsWith(own)) return route.continue()
      host.wanted.push(url)
      return route.abort()
    })
    await page.goto(`${own}/page`)
    return host
  }

  async open(html: string, options?: BenchOptions): Promise<Bench> {
    const { page } = this
    await page.evaluate(([text, given]) => pageRealm.open(text, given), [html, options] as const)
    return {
      call: (name, input) =>
        page.evaluate(([one, given]) => pageRealm.bench!.call(one, given), [
          name,
          input,
        ] as const) as Promise<Answer<any>>,
      undo: (output) => page.evaluate((given) => pageRealm.bench!.undo(given), output),
      html: () => page.evaluate(() => pageRealm.bench!.html()),
      reopen: (again) => page.evaluate((given) => pageRealm.reopen(given), again ?? options),
    }
  }

  async close(): Promise<void> {
    await this.#context.close()
    await this.#site.close()
    await this.#browser.close()
  }
}
