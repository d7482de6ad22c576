// The page editor in a real Chromium, against its real server.
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  FrameLocator,
  Locator,
  Page,
} from 'playwright'
import { expect, onTestFinished } from 'vitest'
import { launchChromium } from '../chromium.ts'
import { type RunningDemo, startExample } from '../demo/demo-process.ts'

export type Wire = 'websocket' | 'sse' | 'iframe' | 'worker'

/** One line of the ledger. */
export interface Line {
  readonly call: string
  readonly runs: number
  readonly by: string
  readonly state: string
  readonly verdict: string
}

export interface Tab {
  readonly page: Page
  readonly context: BrowserContext
  /** The landing page. */
  readonly site: FrameLocator
  /** Errors of the console, of scripts and of content security policies. */
  readonly complaints: readonly string[]
  /** Asks by a suggestion. */
  readonly ask: (label: string) => Promise<void>
  /** Resolves once the turn is over. */
  readonly over: () => Promise<void>
  readonly card: (label: string) => ReturnType<Page['getByRole']>
  readonly ledger: () => Promise<readonly Line[]>
  /** The promise held, nothing is open, nothing complained. */
  readonly check: () => Promise<void>
}

export interface Rig {
  readonly demo: RunningDemo
  open(skip: (reason: string) => never, options?: OpenOptions): Promise<Tab>
  close(): Promise<void>
}

export interface OpenOptions extends BrowserContextOptions {
  readonly wire?: Wire
  /** The network will break: then the browser says so. */
  readonly breaks?: boolean
}

/** What a browser itself writes into the console when a connection is lost. */
const networkNews = /net::ERR_|WebSocket connection to|Failed to load resource/

export async function startRig(env: NodeJS.ProcessEnv = {}): Promise<Rig> {
  const [demo, browser] = await Promise.all([startExample('page-editor', env), launchChromium()])
  return {
    demo,
    async open(skip, { wire = 'websocket', breaks = false, ...options } = {}) {
      if ('reason' in browser) return skip(browser.reason)
      const { context, complaints } = await newContext(browser, { breaks, options })
      const page = await context.newPage()
      await page.goto(`${demo.url}/?wire=${wire}`)
      await connected(page)
      return tabOf(page, { demo, complaints })
    },
    async close() {
      if (!('reason' in browser)) await browser.close()
      await demo.stop()
    },
  }
}

async function newContext(
  browser: Browser,
  { breaks, options }: { breaks: boolean; options: BrowserContextOptions },
): Promise<{ context: BrowserContext; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  onTestFinished(() => context.close())
  context.setDefaultTimeout(60_000)
  const complaints: string[] = []
  context.on('console', (message) => {
    const isBad = message.type() === 'error' || message.type() === 'warning'
    const isExpected = breaks && networkNews.test(message.text())
    if (isBad && !isExpected) complaints.push(message.text())
  })
  context.on('weberror', (error) => complaints.push(error.error().message))
  return { context, complaints }
}

export async function connected(page: Page): Promise<void> {
  await page.locator('body[data-connection="open"]').waitFor()
}

export function tabOf(
  page: Page,
  { demo, complaints }: { demo: RunningDemo; complaints: readonly string[] },
): Tab {
  const ledger = (): Promise<readonly Line[]> =>
    page.locator('#ledger-rows tr').evaluateAll((rows) =>
      rows.map((row) => {
        const [call = '', runs = '', by = ''] = Array.from(row.children, (cell) => cell.textContent)
        const { state = '', verdict = '' } = (row as HTMLElement).dataset
        return { call, runs: Number(runs), by, state, verdict }
      }),
    )
  const over = async (): Promise<void> => {
    await page.locator('body[data-status="ready"][data-connection="open"]').waitFor()
  }
  return {
    page,
    context: page.context(),
    site: page.frameLocator('#site'),
    complaints,
    async ask(label) {
      await page.getByRole('button', { name: label, exact: true }).click()
      await page.locator('body:not([data-status="ready"])').waitFor()
    },
    over,
    card: (label) => page.getByRole('group', { name: label }).last(),
    ledger,
    async check() {
      await expect.poll(async () => (await ledger()).filter(isUndecided), slowly).toEqual([])
      expect(await page.locator('#verdict').getAttribute('data-verdict')).toBe('kept')
      expect(complaints).toEqual([])
      expect(await (await fetch(`${demo.url}/csp-reports`)).json()).toEqual([])
    },
  }
}

/** The inspector below the page. */
export function inspectorOf(
  page: Page,
): Readonly<Record<'opener' | 'panel' | 'calls' | 'frames', Locator>> {
  const panel = page.getByRole('region', { name: 'Inspector' })
  return {
    opener: page.getByRole('button', { name: 'Inspector', exact: true }),
    panel,
    calls: panel.getByRole('region', { name: 'Calls' }).getByRole('button'),
    frames: panel.getByRole('region', { name: 'Frames' }),
  }
}

const isUndecided = ({ verdict }: Line): boolean => verdict === 'open' || verdict === 'wrong'

/** For `expect.poll`: the machine may be busy. */
export const slowly = { timeout: 60_000, interval: 100 }
