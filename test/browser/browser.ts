import type { Browser, BrowserContext } from 'playwright'
import { launchChromium } from '../chromium.ts'

/** One Chromium for the tests of a file. Where none starts, they skip and say why; in CI they fail. */
export class TestBrowser {
  readonly #launched: Browser | { readonly reason: string }

  private constructor(launched: Browser | { readonly reason: string }) {
    this.#launched = launched
  }

  static async start(): Promise<TestBrowser> {
    const launched = await launchChromium()
    if ('reason' in launched && process.env['CI']) throw new Error(launched.reason)
    return new TestBrowser(launched)
  }

  /** Cookies, storage and tabs of its own. Whoever asks closes it. */
  async context(skip: (reason: string) => never): Promise<BrowserContext> {
    if ('reason' in this.#launched) return skip(this.#launched.reason)
    const context = await this.#launched.newContext()
    context.setDefaultTimeout(15_000)
    return context
  }

  async close(): Promise<void> {
    if (!('reason' in this.#launched)) await this.#launched.close()
  }
}
