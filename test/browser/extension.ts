import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { launchWithExtension } from '../chromium.ts'
import { bundled } from './site.ts'

/** A real extension (Manifest V3) in a real Chromium. */
export class Extension {
  readonly context: BrowserContext
  /** A page of the extension, such as its side panel. */
  readonly page: Page
  readonly #folder: string

  private constructor(context: BrowserContext, page: Page, folder: string) {
    this.context = context
    this.page = page
    this.#folder = folder
  }

  /** `outsidePort`: where the server listens that the extension relays to. Or the reason why there is none. */
  static async open(outsidePort: number): Promise<Extension | { readonly reason: string }> {
    const folder = await built(outsidePort)
    const context = await launchWithExtension(folder)
    if ('reason' in context) {
      rmSync(folder, { recursive: true })
      // There is none on purpose where that is said.
      if (process.env['CI'] && process.env['TOOLWIRE_TEST_CHROMIUM'] !== 'none')
        throw new Error(context.reason)
      return context
    }
    const [worker = await context.waitForEvent('serviceworker')] = context.serviceWorkers()
    const page = await context.newPage()
    await page.goto(new URL('/page.html', worker.url()).href)
    return new Extension(context, page, folder)
  }

  /** Ends the service worker as Chromium does it: at once, and without a word to it. */
  async kill(): Promise<void> {
    const session = await this.context.newCDPSession(this.page)
    await session.send('ServiceWorker.enable')
    await session.send('ServiceWorker.stopAllWorkers')
    await session.detach()
  }

  async close(): Promise<void> {
    await this.context.close()
    rmSync(this.#folder, { recursive: true })
  }
}

const manifest = {
  manifest_version: 3,
  name: 'toolwire test',
  version: '1',
  permissions: ['storage'],
  host_permissions: ['http://127.0.0.1/*'],
  background: { service_worker: 'worker.js' },
  content_scripts: [{ matches: ['http://127.0.0.1/*'], js: ['client.js'] }],
}

async function built(outsidePort: number): Promise<string> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'toolwire-extension-'))
  const define = { OUTSIDE_PORT: String(outsidePort) }
  const [worker, client] = await Promise.all([
    bundled('extension-worker.ts', define),
    bundled('extension-client.ts', define),
  ])
  const files = {
    'manifest.json': JSON.stringify(manifest),
    'worker.js': worker,
    'client.js': client,
    'page.html': '<!doctype html><script src="client.js"></script>',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
  return folder
}
