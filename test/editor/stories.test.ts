import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import axe from 'axe-core'
import type { FrameLocator, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, type Wire, inspectorOf, slowly, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
}, 120_000)
afterAll(() => rig.close())

const slow = 120_000

/** Every text that an element of the landing page shows from now on. */
async function watched(site: FrameLocator, selector: string): Promise<() => Promise<string[]>> {
  const root = await site.locator('#site').evaluateHandle((node) => node)
  const texts = await root.evaluateHandle((node, wanted) => {
    const seen: string[] = []
    const look = (): void => void seen.push(node.querySelector(wanted)?.textContent ?? '')
    const observer = new MutationObserver(look)
    observer.observe(node, { subtree: true, childList: true, characterData: true })
    return seen
  }, selector)
  return () => texts.jsonValue()
}

describe('the stories of the page editor', () => {
  test(
    'the headline shows while it is written, stands when it is done, and the whole turn is taken back',
    { timeout: slow },
    async ({ skip }) => {
      const { site, ask, over, page, check, ledger } = await rig.open(skip)
      const title = site.locator('#hero-title')
      const seen = await watched(site, '#hero-title')
      await ask('Rewrite the headline')
      await over()
      // A part of it stood there before.
      expect(await seen()).toContainEqual(expect.stringMatching(/^Forget(?!.*remembers\.$)/))
      expect(await title.textContent()).toBe('Forget to water. It remembers.')
      expect(await site.locator('#hero-lead').textContent()).toContain('Two litres wait')
      expect(await site.locator('#hero-button').textContent()).toBe('Find your size')
      expect((await ledger()).map(({ call, runs }) => `${call} ${runs}`)).toEqual([
        'modify_element 1',
        'modify_element 1',
        'modify_element 1',
        'list_elements 1',
        'product_facts 1',
      ])
      await page.getByRole('button', { name: 'Undo all of this turn' }).click()
      await expect
        .poll(() => title.textContent(), slowly)
        .toBe('Water once. Leave for three weeks.')
      await expect
        .poll(() => site.locator('#hero-button').textContent(), slowly)
        .toBe('Choose a size')
      await check()
    },
  )

  test(
    'a section is added and taken back, and the colours survive a reload',
    { timeout: slow },
    async ({ skip }) => {
      const { site, ask, over, page, card, check } = await rig.open(skip)
      const seen = await watched(site, '#questions')
      await ask('Add questions and answers')
      await over()
      // It grew.
      const lengths = new Set((await seen()).map((text) => text.length))
      expect(lengths.size).toBeGreaterThan(3)
      expect(await site.locator('#questions dt').count()).toBe(3)
      await card('Add an element').getByRole('button', { name: 'Undo' }).click()
      await expect.poll(() => site.locator('#questions').count(), slowly).toBe(0)

      const background = (): Promise<string> =>
        site.locator('#site').evaluate((root) => getComputedStyle(root).backgroundColor)
      await ask('Change the colours')
      await over()
      expect(await background()).toBe('rgb(27, 34, 51)')
      await page.reload()
      await expect.poll(background, slowly).toBe('rgb(27, 34, 51)')
      await check()
    },
  )

  test(
    'nothing is deleted without a yes, and what was deleted comes back',
    { timeout: slow },
    async ({ skip }) => {
      const { site, ask, over, card, check, ledger } = await rig.open(skip)
      const letter = site.locator('#newsletter')
      const before = await letter.innerHTML()
      await ask('Delete the newsletter')
      await card('Delete an element')
        .getByRole('button', { name: /^Don’t allow/ })
        .click()
      await over()
      expect(await letter.count()).toBe(1)
      await ask('Delete the newsletter')
      await card('Delete an element')
        .getByRole('button', { name: /^Allow/ })
        .first()
        .click()
      await over()
      expect(await letter.count()).toBe(0)
      await card('Delete an element').getByRole('button', { name: 'Undo' }).click()
      await expect.poll(() => letter.count(), slowly).toBe(1)
      expect(await letter.innerHTML()).toBe(before)
      expect((await ledger()).map(({ state, runs }) => `${state} ${runs}`)).toEqual([
        'output-available 1',
        'denied 0',
      ])
      await check()
    },
  )

  test(
    'publishing shows how far it is, hands back a part when it is cancelled, and is there for everybody when it is done',
    { timeout: slow },
    async ({ skip }) => {
      const { page, context, ask, over, card, check, ledger } = await rig.open(skip)
      await ask('Publish')
      await card('Publish the page').getByRole('progressbar').waitFor()
      await card('Publish the page').getByRole('button', { name: 'Cancel' }).click()
      await over()
      expect((await ledger())[0]).toMatchObject({ state: 'cancelled', runs: 1 })
      expect(await page.getByRole('link', { name: 'Open the published page' }).count()).toBe(0)

      await ask('Publish')
      // Whoever writes meanwhile is heard afterwards.
      const message = page.getByLabel('Your message')
      await message.fill('Who are you?')
      await message.press('Enter')
      await page.locator('.text', { hasText: 'I am a script, not a language model' }).waitFor()
      await over()
      const opened = context.waitForEvent('page')
      await page.getByRole('link', { name: 'Open the published page' }).click()
      expect(await (await opened).locator('h1').textContent()).toBe(
        'Water once. Leave for three weeks.',
      )
      await check()
    },
  )
})

describe('the same tools over every wire', () => {
  test.for<Wire>(['sse', 'iframe', 'worker'])(
    '%s: edits, a question and an undo',
    { timeout: slow },
    async (wire, { skip }) => {
      const { site, ask, over, card, page, check, ledger } = await rig.open(skip, { wire })
      await ask('Rewrite the headline')
      await over()
      expect(await site.locator('h1').textContent()).toBe('Forget to water. It remembers.')
      await ask('Delete the newsletter')
      await card('Delete an element')
        .getByRole('button', { name: /^Allow/ })
        .first()
        .click()
      await over()
      expect(await site.locator('#newsletter').count()).toBe(0)
      await card('Delete an element').getByRole('button', { name: 'Undo' }).click()
      await expect.poll(() => site.locator('#newsletter').count(), slowly).toBe(1)
      const facts = (await ledger()).find(({ call }) => call === 'product_facts')
      expect(facts).toMatchObject({ runs: 1, by: wire === 'sse' ? 'server' : wire })
      expect(await page.getByRole('radio', { checked: true }).getAttribute('data-wire')).toBe(wire)
      await check()
    },
  )
})

test(
  'the wire is exchanged in mid-conversation, and everything goes on, as the inspector shows',
  { timeout: slow },
  async ({ skip }) => {
    const { site, page, ask, over, ledger, check } = await rig.open(skip, {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const { opener, panel, calls, frames } = inspectorOf(page)
    await ask('Change the colours')
    await over()
    const loaded = (): Promise<boolean> =>
      page.evaluate(() =>
        performance.getEntriesByType('resource').some(({ name }) => name.includes('inspector')),
      )
    expect(await loaded()).toBe(false)
    // What was before it was opened is there.
    await opener.focus()
    await page.keyboard.press('Enter')
    await calls.filter({ hasText: /modify_elements.*output-available/ }).waitFor()
    await page.getByRole('radio', { name: 'SSE' }).click()
    await ask('Rewrite the headline')
    await over()
    expect(await site.locator('h1').textContent()).toBe('Forget to water. It remembers.')
    expect((await ledger()).map(({ call }) => call)).toContain('modify_elements')
    await expect.poll(() => calls.count(), slowly).toBe(6)
    await frames.getByText(/^link 2 · from/).waitFor()

    await page.locator('#open-plugs').click()
    const [above, below] = [await page.locator('#plugs').boundingBox(), await panel.boundingBox()]
    expect((above?.y ?? 0) + (above?.height ?? Infinity)).toBeLessThanOrEqual(below?.y ?? 0)
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Light or dark' }).click()
    expect(
      await panel.locator('> div').evaluate((view) => getComputedStyle(view).colorScheme),
    ).toBe('dark')

    await panel.getByRole('button', { name: 'Copy as test fixture' }).click()
    await panel.getByText(/^Copied a fixture of \d+ lines\.$/).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('call-settled')
    const saving = page.waitForEvent('download')
    await panel.getByRole('button', { name: 'Save' }).click()
    const log = await readFile(await (await saving).path())
    expect(await opener.getAttribute('aria-expanded')).toBe('true')
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'hidden' })
    expect(await opener.getAttribute('aria-expanded')).toBe('false')
    expect(await opener.evaluate((button) => button === document.activeElement)).toBe(true)
    // A server in this tab has conversations of its own.
    await page.getByRole('radio', { name: 'Worker' }).click()
    await page.getByRole('radio', { name: 'Worker', checked: true }).waitFor()
    await over()
    expect(await ledger()).toEqual([])
    await check()

    await page.goto(`${rig.demo.url}/?inspector`)
    await frames.getByText('hello').waitFor()
    expect(await loaded()).toBe(true)
    await page.goto(`${rig.demo.url}/inspector`)
    const choosing = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Open log…' }).click()
    await (await choosing).setFiles({ name: 'log.jsonl', mimeType: 'text/plain', buffer: log })
    await page.getByText(/^log\.jsonl: \d+ lines\.$/).waitFor()
    expect(await page.getByRole('region', { name: 'Calls' }).getByRole('button').count()).toBe(6)
  },
)

/** What axe finds wrong in the editor. */
async function violations(page: Page): Promise<unknown> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    // The source above puts it there.
    const found = await (globalThis as unknown as { axe: typeof axe }).axe.run()
    return found.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])
  })
}

test(
  'on a phone nothing is too wide, and the chat is a sheet over the page',
  { timeout: slow },
  async ({ skip }) => {
    const { site, page, ask, over, check } = await rig.open(skip, {
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
    })
    const chat = page.getByRole('region', { name: 'Chat' })
    expect(await chat.isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Chat', exact: true }).click()
    await ask('Rewrite the headline')
    await over()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    expect(await site.locator('html').evaluate((root) => root.scrollWidth)).toBe(360)
    await chat.getByRole('button', { name: 'Close' }).click()
    await chat.waitFor({ state: 'hidden' })
    const { opener, panel, calls } = inspectorOf(page)
    await opener.click()
    await calls.first().waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    expect(await panel.evaluate((element) => element.scrollWidth)).toBe(360)
    await panel.getByRole('button', { name: 'Close' }).click()
    await panel.waitFor({ state: 'hidden' })
    const theme = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const dark = await theme()
    await page.getByRole('button', { name: 'Light or dark' }).click()
    expect(await theme()).not.toBe(dark)
    await check()
  },
)

/** A request as a page of another site would send it, had it pointed its name at this machine or guessed the port. */
function statusFor(path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  const { port } = new URL(rig.demo.url)
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, method }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

test('only the pages of this machine are answered', async () => {
  const { host, origin } = new URL(rig.demo.url)
  const elsewhere = { host, origin: 'http://shop.example' }
  expect(await statusFor('/', { host })).toBe(200)
  expect(await statusFor('/', { host: 'shop.example:80' })).toBe(403)
  expect(await statusFor('/toolwire', { host: 'shop.example:80' })).toBe(403)
  expect(await statusFor('/../package.json', { host })).toBe(404)
  expect(await statusFor('/published/..%2f..%2fx', { host })).toBe(404)
  for (const path of ['/plugs/restart', '/plugs/cut', '/runs', '/published/x'])
    expect(await statusFor(path, elsewhere, 'POST')).toBe(403)
  expect(await statusFor('/plugs/cut', { host, origin }, 'POST')).toBe(200)
})

test('Ctrl+C ends the demo', { timeout: slow }, async () => {
  expect(await rig.demo.stop()).toBe(0)
})
