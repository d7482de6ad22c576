import { readFile } from 'node:fs/promises'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  type ToolServer,
  createToolServer,
  exportConversation,
  toNodeListener,
} from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { type ScriptStep, scriptedModel } from '../../src/testing/index.ts'
import { TestBrowser } from './browser.ts'
import type { Studio } from './inspector-page.ts'
import { type Site, serveScript } from './site.ts'

// The script of every page puts it there.
declare const studio: Studio

const hostile = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\u202e"'`
const secret = 'sk-live-0123456789abcdefghij'

const steps: readonly ScriptStep[] = [
  {
    text: `Let me see. ${hostile}`,
    toolCalls: [
      { toolName: 'draw_chart', input: { text: hostile } },
      { toolName: 'read_sensor', input: { text: `a key, ${secret}` } },
    ],
  },
  { toolCalls: [{ toolName: 'publish_page', input: { text: 'Spring sale' } }] },
  { text: 'Done.' },
]

const html =
  '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Studio</title>' +
  '<link rel="icon" href="data:,"><link rel="stylesheet" href="/styles.css"><main></main><script src="/script.js"></script></html>'
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; require-trusted-types-for 'script'"
const styles =
  ':root{color-scheme:light dark}body{margin:0;background:light-dark(#eef0f3,#0b0c0e)}main{block-size:100vh}'

let browser: TestBrowser
let context: BrowserContext | undefined
let server: ToolServer
let site: Site
let problems: string[] = []
const store = memoryStore()

beforeAll(async () => {
  browser = await TestBrowser.start()
})
afterEach(async () => {
  await context?.close()
  await server.close()
  await site.close()
})
afterAll(() => browser.close())

async function open(skip: (reason: string) => never, hash = ''): Promise<Page> {
  context = await browser.context(skip)
  server = createToolServer({
    store,
    model: scriptedModel(steps),
    authenticate: () => ({ id: 'me' }),
    tools: [],
    acceptTool: () => 'accept',
  })
  const tools = toNodeListener(server.fetch)
  site = await serveScript('inspector-page.ts', (request, response) => {
    if (request.url === '/tools') void tools(request, response)
    else if (request.url === '/')
      response
        .writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy })
        .end(html)
    else if (request.url === '/styles.css')
      response.writeHead(200, { 'content-type': 'text/css' }).end(styles)
    else return false
    return true
  })
  const page = await context.newPage()
  problems = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(String(error)))
  await page.goto(`http://127.0.0.1:${site.port}/${hash}`)
  return page
}

/** Two calls at once, one that asks, and the answer. */
async function run(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await studio.client?.send('Make my page.')
    await studio.until((calls) => calls.some(({ state }) => state === 'output-error'))
    studio.release()
    await studio.until((calls) => calls.some(({ state }) => state === 'approval-requested'))
    const asked = studio.client
      ?.getSnapshot()
      .calls.find(({ state }) => state === 'approval-requested')
    await studio.client?.approve(asked?.toolCallId ?? '')
    // A policy of the page forbids what Playwright waits with.
    await studio.until((_, status) => status === 'ready')
  })
}

const calls = (page: Page) => page.getByRole('region', { name: 'Calls' })
const frames = (page: Page) => page.getByRole('region', { name: 'Frames' })
const detail = (page: Page) => page.getByRole('region', { name: 'Detail' })

async function expectCalm(page: Page): Promise<void> {
  expect(problems).toEqual([])
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
}

test('a run is shown while it goes on: its calls with states and times, its frames, and each in full', async ({
  skip,
}) => {
  const page = await open(skip)
  await page.getByRole('button', { name: 'Inspect studio' }).click()
  await page.evaluate(async () => {
    await studio.client?.send('Make my page.')
    await studio.until((all) => all.some(({ state }) => state === 'output-error'))
  })
  const row = (name: string) => calls(page).getByRole('button', { name })
  await row('draw_chart').getByText('executing').waitFor()
  await row('read_sensor').getByText('output-error').waitFor()
  expect(await row('read_sensor').textContent()).toMatch(
    /client · 1 attempt · ran \d+ ms · .+ in all/,
  )
  await page.evaluate(() => studio.release())
  await row('draw_chart').getByText('output-available').waitFor()
  await row('publish_page').getByText('approval-requested').waitFor()

  await row('read_sensor').click()
  const text = await detail(page).textContent()
  expect(text).toContain('The sensor says a key, [redacted].')
  expect(text).not.toContain(secret)
  await row('draw_chart').click()
  expect(await detail(page).locator('pre').first().textContent()).toContain('\\u202e')

  await frames(page).getByLabel('Selected call only').check()
  const titles = await frames(page).locator('.title').allTextContents()
  expect(titles).toEqual(
    expect.arrayContaining([
      'call-created',
      'call-queued',
      'claim',
      'call-granted',
      'result',
      'call-settled',
    ]),
  )
  expect(titles).not.toContain('hello')
  await frames(page).getByLabel('Selected call only').uncheck()
  await frames(page).getByRole('searchbox').fill('catalog')
  await frames(page).getByRole('button', { name: 'catalog-changed' }).click()
  expect(await detail(page).locator('pre').textContent()).toContain('"k": "e"')
  await expectCalm(page)
})

test('what strangers wrote is shown as text and runs nothing', async ({ skip }) => {
  const page = await open(skip)
  await page.getByRole('button', { name: 'Inspect studio' }).click()
  await run(page)
  for (const row of await calls(page).getByRole('button').all()) await row.click()
  await frames(page).getByRole('searchbox').fill('onerror')
  const hits = frames(page).getByRole('list').getByRole('button')
  await hits.first().waitFor()
  for (const hit of await hits.all()) {
    await hit.click()
    expect(await detail(page).locator('pre').textContent()).toContain('<img src=x')
  }
  expect(await page.locator('img, script:not([src])').count()).toBe(0)
  await expectCalm(page)
})

test('a fixture is copied, and a log saved that opens again', async ({ skip }) => {
  const page = await open(skip)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Inspect studio' }).click()
  await run(page)
  await page.getByRole('button', { name: 'Copy as test fixture' }).click()
  await page.getByText(/^Copied a fixture of \d+ lines\.$/).waitFor()
  const code = await page.evaluate(() => navigator.clipboard.readText())
  expect(code).toContain("from 'toolwire/testing'")
  expect(code).toContain('call-settled')

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save' }).click(),
  ])
  const saved = await readFile(await download.path(), 'utf8')
  expect(saved.split('\n')[0]).toContain('"hello"')
  expect(saved).not.toContain(secret)

  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Open log…' }).click()
  const upload = { name: 'saved.jsonl', mimeType: 'text/plain', buffer: Buffer.from(saved) }
  await (await chooser).setFiles(upload)
  await page.getByText(/^saved\.jsonl: \d+ lines\.$/).waitFor()
  expect(await calls(page).getByRole('button').count()).toBe(3)
  await page.getByRole('button', { name: 'Back to live' }).click()
  await page.getByRole('button', { name: 'Back to live' }).waitFor({ state: 'hidden' })
  await expectCalm(page)
})

test('where the clipboard is closed, the fixture stands there to be copied by hand', async ({
  skip,
}) => {
  const page = await open(skip)
  await page.evaluate(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined })
  })
  await page.getByRole('button', { name: 'Inspect studio' }).click()
  await run(page)
  await page.getByRole('button', { name: 'Copy as test fixture' }).click()
  const text = page.getByRole('textbox', { name: 'Test fixture' })
  expect(await text.inputValue()).toContain('replayFrames')
  expect(await page.evaluate(() => getSelection()?.toString().length ?? 0)).toBeGreaterThan(0)
  await expectCalm(page)
})

test('a page may hold nothing but the inspector, and a log that is dropped on it is opened', async ({
  skip,
}) => {
  const page = await open(skip)
  await run(page)
  const id = await page.evaluate(() => studio.client?.conversationId ?? '')
  const lines: string[] = []
  for await (const line of exportConversation(store, id)) lines.push(line)
  await page.goto('about:blank')
  await page.goto(`http://127.0.0.1:${site.port}/#alone`)
  await page.evaluate((text) => studio.open(text), lines.join('\n'))
  await calls(page).getByRole('button', { name: 'publish_page' }).waitFor()
  await page.getByRole('button', { name: 'Copy as test fixture' }).click()
  await page.getByText('An exported conversation has no frames').waitFor()

  await page.evaluate(() => {
    const files = new DataTransfer()
    files.items.add(new File(['{"at":0,"link":1,"end":"broken"}'], 'broken.jsonl'))
    const event = new DragEvent('drop', { dataTransfer: files, bubbles: true, composed: true })
    document.querySelector('main > div')?.shadowRoot?.firstElementChild?.dispatchEvent(event)
  })
  await page.getByText('broken.jsonl: 1 lines.').waitFor()
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Open log…' }).click()
  await (
    await chooser
  ).setFiles({ name: 'x.txt', mimeType: 'text/plain', buffer: Buffer.from('<b>') })
  await page.getByText('Line 1 is no JSON.').waitFor()
  await expectCalm(page)
})

test('everything can be reached by keyboard, and on a phone nothing is wider than the screen', async ({
  skip,
}) => {
  const page = await open(skip)
  await page.setViewportSize({ width: 360, height: 740 })
  await run(page)
  await page.getByRole('button', { name: 'Inspect studio' }).focus()
  await page.keyboard.press('Enter')
  const focused = (): Promise<string> =>
    page.evaluate(() => {
      let element = document.activeElement
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
      return element?.textContent ?? ''
    })
  await calls(page).getByRole('button').first().focus()
  await page.keyboard.press('ArrowDown')
  expect(await focused()).toContain('read_sensor')
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  expect(await focused()).toContain('publish_page')
  await detail(page).getByRole('heading', { name: 'publish_page' }).waitFor()
  const widths = await page.evaluate(() => {
    const root = document.querySelector('[data-toolwire-inspector]')?.shadowRoot
    const inner = root?.querySelector('.panel > div')?.shadowRoot?.querySelector('.inspector')
    return [document.documentElement.scrollWidth, inner?.scrollWidth ?? Infinity]
  })
  for (const width of widths) expect(width).toBeLessThanOrEqual(360)
  await page.keyboard.press('Escape')
  await calls(page).waitFor({ state: 'hidden' })
  expect(await focused()).toBe('Inspect studio')
  await expectCalm(page)
})
