import type { Browser, BrowserContext } from 'playwright'
import { launchChromium } from '../../test/chromium.ts'
import type { Write } from '../shared/command.ts'
import { type Bench, startBench } from './bench.ts'
import { type Outcome, breaches, columns } from './outcome.ts'
import { plugs } from './page/plugs.ts'

/** What a browser itself writes into the console when a connection is lost. */
const networkNews = /net::ERR_|Failed to load resource/

/** Plays every plug against both apps in a real Chromium. Answers whether toolwire kept what it promises. */
export async function runOnce(write: Write): Promise<boolean> {
  const browser = await launchChromium()
  if ('reason' in browser) throw new Error(browser.reason)
  const bench = await startBench(0)
  try {
    const faults = await playAll(await openPage(browser), bench, write)
    for (const fault of faults) write(`Fault: ${fault}`)
    write(faults.length === 0 ? 'toolwire kept its promises.' : 'toolwire broke a promise.')
    return faults.length === 0
  } finally {
    await browser.close()
    await bench.close()
  }
}

interface OpenPage {
  readonly context: BrowserContext
  /** What the page, and the app on toolwire, complained of. */
  readonly complaints: readonly string[]
}

async function openPage(browser: Browser): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  context.setDefaultTimeout(120_000)
  const complaints: string[] = []
  context.on('console', (message) => {
    const isOurs = !message.location().url.includes('/ai-sdk/')
    const isBad = message.type() === 'error' || message.type() === 'warning'
    if (isOurs && isBad && !networkNews.test(message.text())) complaints.push(message.text())
  })
  context.on('weberror', (error) => {
    const { stack = '' } = error.error()
    if (!stack.includes('/ai-sdk/')) complaints.push(stack)
  })
  return { context, complaints }
}

async function playAll(
  { context, complaints }: OpenPage,
  { url }: Bench,
  write: Write,
): Promise<readonly string[]> {
  const page = await context.newPage()
  await page.goto(url)
  const chosen = plugs.filter(({ label }) => label.includes(process.env['PLUG'] ?? ''))
  for (const [at, { label }] of chosen.entries()) {
    await page.getByRole('button', { name: label, exact: true }).click()
    const rows = page.locator('#outcomes tr')
    await rows.nth(at).waitFor()
    // The newest stands first.
    const cells = rows.first().locator('[data-outcome]')
    await cells.nth(1).waitFor()
    write(label)
    for (const cell of await cells.all())
      write(lineOf(JSON.parse((await cell.getAttribute('data-outcome')) ?? '')))
  }
  const ours = await page
    .locator('#outcomes [data-side="toolwire"]')
    .evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-outcome') ?? ''))
  return [...ours.flatMap((text) => breaches(JSON.parse(text))), ...complaints]
}

function lineOf(outcome: Outcome): string {
  const [runs, results, turn] = columns(outcome)
  return `  ${outcome.side.padEnd(10)}runs: ${runs.padEnd(34)}results: ${results.padEnd(44)}${turn}`
}
