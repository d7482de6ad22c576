import type { BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { TestBrowser } from './browser.ts'
import type { Tab } from './journal-page.ts'
import { Workshop, outcome, over } from './workshop.ts'

// The script of every page puts it there.
declare const tab: Tab

let browser: TestBrowser
let workshop: Workshop | undefined
let context: BrowserContext | undefined

beforeAll(async () => {
  browser = await TestBrowser.start()
})
afterEach(async () => {
  await context?.close()
  await workshop?.close()
})
afterAll(() => browser.close())

const wakings = {
  'the network is back': { wake: () => Promise.resolve() },
  'the page is looked at again': {
    // Registered first, it keeps the other event from everybody.
    script: () => addEventListener('online', (event) => event.stopImmediatePropagation()),
    wake: (page: Page) =>
      page.evaluate(() => void document.dispatchEvent(new Event('visibilitychange'))),
  },
} satisfies Record<string, { script?: () => void; wake: (page: Page) => Promise<void> }>

test.for(Object.entries(wakings))(
  'a client that lost its network while a tool runs comes back at once when %s [P28]',
  async ([, { wake, ...prepared }], { skip }) => {
    context = await browser.context(skip)
    if ('script' in prepared) await context.addInitScript(prepared.script)
    const shop = await Workshop.open()
    workshop = shop
    const page = await shop.tab(context)
    await shop.begin(page)
    // From here on no timer can bring it back.
    await page.evaluate(() => {
      tab.isTimeStill = true
    })
    await context.setOffline(true)
    shop.cut()
    await page.evaluate(() => tab.until(tab.client, ({ connection }) => connection !== 'open'))
    await page.evaluate(() => tab.finish())
    await context.setOffline(false)
    await wake(page)
    expect(await outcome(page)).toEqual(over('output-available'))
    expect(shop.begun).toHaveLength(1)
    expect(await page.evaluate(() => tab.clientIds.length)).toBe(2)
  },
)
