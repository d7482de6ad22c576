import type { BrowserContext, Page, Route } from 'playwright'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { TestBrowser } from './browser.ts'
import type { Tab } from './journal-page.ts'
import { Workshop, outcome, over } from './workshop.ts'

// The script of every page puts it there.
declare const tab: Tab

let browser: TestBrowser
let context: BrowserContext | undefined
let workshop: Workshop | undefined

beforeAll(async () => {
  browser = await TestBrowser.start()
})
afterEach(async () => {
  await context?.close()
  await workshop?.close()
})
afterAll(() => browser.close())

interface Bench {
  readonly context: BrowserContext
  readonly workshop: Workshop
}

async function open(skip: (reason: string) => never, toolName?: string): Promise<Bench> {
  const fresh = await browser.context(skip)
  context = fresh
  workshop = await Workshop.open(toolName)
  return { context: fresh, workshop }
}

test('a reload while the handler runs ends the call as unknown, after one run [P46][P57]', async ({
  skip,
}) => {
  const bench = await open(skip)
  const page = await bench.workshop.tab(bench.context)
  await bench.workshop.begin(page)
  await page.reload()
  expect(await outcome(page)).toEqual(over('outcome-unknown'))
  expect(bench.workshop.begun).toHaveLength(1)
  expect(await page.evaluate(() => tab.errors)).toEqual([])
})

test('a reload after the handler ended hands in what the journal kept [P3][P47]', async ({
  skip,
}) => {
  const bench = await open(skip)
  const page = await bench.workshop.tab(bench.context)
  const held: Route[] = []
  let isTaken = false
  const isResult = (route: Route): boolean =>
    route.request().postData()?.includes('"type":"result"') ?? false
  await page.route('**/toolwire', (route) =>
    !isTaken && isResult(route) ? void held.push(route) : route.continue(),
  )
  await bench.workshop.begin(page)
  await page.evaluate(() => tab.finish())
  await expect.poll(() => held.length).toBe(1)
  // To end the interception would let go what is held.
  isTaken = true
  await page.reload()
  expect(await outcome(page)).toEqual(over('output-available'))
  expect(bench.workshop.begun).toHaveLength(1)
})

test('a reload while an idempotent handler runs has it run again [P56]', async ({ skip }) => {
  const bench = await open(skip, 'reread')
  const page = await bench.workshop.tab(bench.context)
  await bench.workshop.begin(page)
  await page.reload()
  await page.waitForFunction(() => tab.isWorking)
  await page.evaluate(() => tab.finish())
  expect(await outcome(page)).toEqual(over('output-available'))
  const [first, ...again] = bench.workshop.begun
  expect(again).toEqual([first])
})

test('a tab that is closed while its handler runs is settled by another tab [P58]', async ({
  skip,
}) => {
  const bench = await open(skip)
  const first = await bench.workshop.tab(bench.context)
  await bench.workshop.begin(first)
  await first.close()
  const second = await bench.workshop.tab(bench.context)
  expect(await outcome(second)).toEqual(over('outcome-unknown'))
  expect(bench.workshop.begun).toHaveLength(1)
})

test('tabs of one origin run a call once, also one that comes while it runs [P45][P59]', async ({
  skip,
}) => {
  const bench = await open(skip)
  const first = await bench.workshop.tab(bench.context)
  const second = await bench.workshop.tab(bench.context)
  await bench.workshop.begin(second)
  const third = await bench.workshop.tab(bench.context)
  await third.evaluate(() => tab.until(tab.client, ({ calls }) => calls[0]?.state === 'executing'))
  await second.evaluate(() => tab.finish())
  const tabs = [first, second, third]
  expect(await Promise.all(tabs.map(outcome))).toEqual(tabs.map(() => over('output-available')))
  expect(bench.workshop.begun).toHaveLength(1)
  const ids = await Promise.all(tabs.map((page) => page.evaluate(() => tab.clientIds[0])))
  expect(new Set(ids).size).toBe(3)
})

test('a tab is the same after a reload, and its duplicate is somebody else [P12]', async ({
  skip,
}) => {
  const bench = await open(skip)
  const page = await bench.workshop.tab(bench.context)
  const id = (of: Page): Promise<string | undefined> =>
    of.evaluate(async () => {
      await tab.until(tab.client, ({ connection }) => connection === 'open')
      return tab.clientIds.at(-1)
    })
  const mine = await id(page)
  // Chromium copies the storage of a tab to one that it opens, as it does for a duplicate.
  const [copy] = await Promise.all([
    bench.context.waitForEvent('page'),
    page.evaluate(() => void window.open(location.href)),
  ])
  await copy.waitForFunction(() => 'tab' in globalThis)
  expect(await copy.evaluate(() => tab.copied)).toBe(mine)
  const other = await id(copy)
  expect(other).not.toBe(mine)
  await Promise.all([page.reload(), copy.reload()])
  expect([await id(page), await id(copy)]).toEqual([mine, other])
})

test('where storage is blocked the client says so and goes on in memory', async ({ skip }) => {
  const bench = await open(skip)
  const page = await bench.workshop.tab(bench.context, '/blocked')
  expect(await page.evaluate(() => origin)).toBe('null')
  await bench.workshop.begin(page)
  await page.evaluate(() => tab.finish())
  expect(await outcome(page)).toEqual(over('output-available'))
  expect(await page.evaluate(() => tab.errors)).toEqual(['LEDGER_FAILED'])
})
