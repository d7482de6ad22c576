import { request } from 'node:http'
import type { Browser, BrowserContextOptions, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../chromium.ts'
import { type RunningDemo, startExample } from '../demo/demo-process.ts'

let demo: RunningDemo
let browser: Browser | { readonly reason: string }

beforeAll(async () => {
  demo = await startExample('shop')
  browser = await launchChromium()
}, 120_000)
afterAll(async () => {
  if (!('reason' in browser)) await browser.close()
  await demo.stop()
})

const slow = 120_000

/** Opens the page; `complaints` gathers errors of the console, of scripts and of the security policy. */
async function open(
  skip: (reason: string) => never,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] }> {
  if ('reason' in browser) return skip(browser.reason)
  const complaints: string[] = []
  const page = await (await browser.newContext(options)).newPage()
  page.setDefaultTimeout(60_000)
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.exposeFunction('complain', (text: string) => complaints.push(text))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      // Exposed above.
      ;(window as unknown as { complain(text: string): void }).complain(
        `${violatedDirective} ${blockedURI}`,
      )
    })
  })
  await page.goto(demo.url)
  return { page, complaints }
}

const idle = (page: Page): Promise<void> => page.getByRole('button', { name: 'Send' }).waitFor()
const states = (page: Page): Promise<string[]> => page.locator('.call .state').allTextContents()

describe('the page of the demo', () => {
  test(
    'a suggestion fills the dashboard, a question is answered',
    { timeout: slow },
    async ({ skip }) => {
      const { page, complaints } = await open(skip)
      await page.getByRole('button', { name: 'Which products sold best in 2025?' }).click()
      // While the model writes, a part of the input is there to be read.
      await page.waitForFunction(() =>
        [...document.querySelectorAll('.call')].some(
          ({ textContent }) =>
            textContent.includes('being written') && /FROM|JOIN/.test(textContent),
        ),
      )
      await page.getByRole('region', { name: 'Products with the most revenue' }).waitFor()
      await page.getByRole('region', { name: 'By category' }).waitFor()
      await idle(page)
      expect(await page.getByRole('heading', { level: 2, name: 'Best sellers' }).count()).toBe(1)
      expect(await page.locator('.chart tr').count()).toBe(8)
      expect(await page.locator('.text', { hasText: /sold best, with [\d,]+ €/ }).count()).toBe(1)
      expect(await states(page)).toEqual(
        Array.from({ length: 7 }, () => expect.stringMatching(/^done/)),
      )

      await page.getByRole('button', { name: /what to reorder/ }).click()
      const question = page.getByRole('group', { name: 'Approval of clear_dashboard' })
      await question.waitFor()
      expect(await page.locator('.card').count()).toBe(2)
      await question.getByRole('button', { name: 'Approve' }).click()
      await page.getByRole('region', { name: 'Running low' }).waitFor()
      await idle(page)
      expect(await page.locator('.card').count()).toBe(1)
      expect(await question.count()).toBe(0)
      expect(await page.getByText('no such column: quantity').count()).toBe(1)
      expect(complaints).toEqual([])
      expect(demo.shown()).toMatch(/clear_dashboard #\d +approved/)
      await page.context().close()
    },
  )

  test('Deny keeps the dashboard, and the model is told', { timeout: slow }, async ({ skip }) => {
    const { page, complaints } = await open(skip)
    await page.getByRole('button', { name: /what to reorder/ }).click()
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.locator('.text', { hasText: 'The dashboard stays as it was.' }).waitFor()
    await idle(page)
    expect(await states(page)).toContain('denied')
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('Escape stops the turn, and the next message works', { timeout: slow }, async ({ skip }) => {
    const { page, complaints } = await open(skip)
    await page.getByRole('button', { name: /by month and by country/ }).click()
    await page.waitForFunction(() => document.querySelector('.call progress:not([hidden])'))
    await page.keyboard.press('Escape')
    await idle(page)
    expect(await page.locator('.bar').count()).toBeLessThan(19)
    expect((await states(page)).filter((state) => state.startsWith('cancelled'))).toHaveLength(2)

    const message = page.getByLabel('Your message')
    await message.fill('Who are you?')
    await message.press('Enter')
    await page.locator('.text', { hasText: 'I am a script, not a language model' }).waitFor()
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('nothing is wider than a phone', { timeout: slow }, async ({ skip }) => {
    const { page } = await open(skip, { viewport: { width: 360, height: 740 } })
    await page.getByRole('button', { name: 'Which products sold best in 2025?' }).click()
    await page.getByRole('region', { name: 'By category' }).waitFor()
    await idle(page)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    await page.context().close()
  })
})

/** A request whose Host header a page of another site would send, had it pointed its name at this machine. */
function statusFor(host: string, path: string): Promise<number | undefined> {
  const { port } = new URL(demo.url)
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

test('only this machine is answered', async () => {
  const { host } = new URL(demo.url)
  expect(await statusFor(host, '/')).toBe(200)
  expect(await statusFor('shop.example:80', '/')).toBe(403)
  expect(await statusFor('shop.example:80', '/toolwire')).toBe(403)
  expect(await statusFor(host, '/../package.json')).toBe(404)
})

test('Ctrl+C ends the demo', async () => {
  expect(await demo.stop()).toBe(0)
})
