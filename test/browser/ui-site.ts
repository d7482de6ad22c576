import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { type Site, serveScript } from './site.ts'
import type { Stage } from './ui-page.ts'

declare const stage: Stage

const styles = path.join(import.meta.dirname, '../../src/views/styles.css')

/** Pages with a whole application in them, which a test mounts as it likes; and what they asked other hosts for. */
export class UiSite {
  readonly #site: Site
  /** Addresses that pages asked for beside their own three files. */
  readonly asked: string[] = []

  private constructor(site: Site) {
    this.#site = site
  }

  static async open(): Promise<UiSite> {
    const css = await readFile(styles, 'utf8')
    const html =
      '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Tools</title>' +
      '<link rel="icon" href="data:,"><link rel="stylesheet" href="/styles.css">' +
      '<style>:root{color-scheme:light dark}body{margin:1rem;background:light-dark(#fff,#0f1114)}main{max-width:40rem;margin:auto}</style>' +
      '<main></main><script src="/script.js"></script></html>'
    const site = await serveScript('ui-page.ts', ({ url }, response) => {
      const known: Record<string, readonly [string, string]> = {
        '/': ['text/html', html],
        '/styles.css': ['text/css', css],
      }
      const [type, body] = known[url ?? ''] ?? []
      if (type === undefined) return false
      response.setHeader('content-type', type)
      response.end(body)
      return true
    })
    return new UiSite(site)
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#site.port}`
  }

  async page(context: BrowserContext): Promise<Page> {
    const page = await context.newPage()
    page.on('request', (request) => {
      const url = request.url()
      const isOwn = ['/', '/script.js', '/styles.css'].some((file) => url === this.origin + file)
      if (!isOwn && !/^(?:data|blob):/.test(url)) this.asked.push(url)
    })
    await page.goto(`${this.origin}/`)
    await page.waitForFunction(() => typeof stage === 'object')
    return page
  }

  close(): Promise<void> {
    return this.#site.close()
  }
}
