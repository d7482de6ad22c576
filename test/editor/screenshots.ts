// Writes docs/screenshots: the main states of the editor, light and dark, on a desk and on a phone.
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright'
import sharp from 'sharp'
import { launchChromium } from '../chromium.ts'
import { superviseEditor } from '../../examples/page-editor/supervisor.ts'
import { inspectorOf } from './rig.ts'

const folder = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url))
const desk = { width: 1360, height: 850 }
const phone = { width: 390, height: 780 }

interface Shot {
  readonly name: string
  readonly theme: 'light' | 'dark'
  readonly viewport: typeof desk
  /** Brings the page into the state that is shown. */
  readonly act: (page: Page) => Promise<void>
}

const shots: readonly Shot[] = [
  { name: 'edit-light', theme: 'light', viewport: desk, act: ask('Rewrite the headline') },
  {
    name: 'approval-dark',
    theme: 'dark',
    viewport: desk,
    async act(page) {
      await ask('Change the colours')(page)
      await begin(page, 'Delete the newsletter')
      await page.locator('.tw-call[data-state="approval-requested"]').waitFor()
    },
  },
  {
    name: 'plugs-light',
    theme: 'light',
    viewport: desk,
    async act(page) {
      await page.locator('#open-plugs').click()
      for (const label of ['Reload the tab', 'Truncate the arguments', 'Restart the server'])
        await pull(page, label)
    },
  },
  {
    name: 'inspector-light',
    theme: 'light',
    viewport: desk,
    async act(page) {
      const { opener, calls } = inspectorOf(page)
      await opener.click()
      await ask('Rewrite the headline')(page)
      await calls.filter({ hasText: 'list_elements' }).click()
    },
  },
  {
    name: 'inspector-dark',
    theme: 'dark',
    viewport: desk,
    async act(page) {
      const { opener, calls } = inspectorOf(page)
      await opener.click()
      await ask('Change the colours')(page)
      await begin(page, 'Delete the newsletter')
      await calls.filter({ hasText: 'approval-requested' }).click()
    },
  },
  { name: 'phone-light', theme: 'light', viewport: phone, act: async () => {} },
  {
    name: 'phone-chat-dark',
    theme: 'dark',
    viewport: phone,
    async act(page) {
      await page.locator('#tabs [aria-controls="chat"]').click()
      await ask('Rewrite the headline')(page)
    },
  },
]

function ask(label: string): (page: Page) => Promise<void> {
  return async (page) => {
    await begin(page, label)
    await page.locator('body[data-status="ready"]').waitFor()
  }
}

async function begin(page: Page, label: string): Promise<void> {
  await page.getByRole('button', { name: label, exact: true }).click()
  await page.locator('body:not([data-status="ready"])').waitFor()
}

async function pull(page: Page, label: string): Promise<void> {
  await page.getByRole('button', { name: label, exact: true }).click()
  await page.locator('.plug[data-phase="over"]', { hasText: label }).waitFor()
}

async function take(browser: Browser, url: string, shot: Shot): Promise<void> {
  const { name, theme, viewport, act } = shot
  const context = await browser.newContext({
    viewport,
    colorScheme: theme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  await page.goto(url)
  await page.locator('body[data-connection="open"]').waitFor()
  await act(page)
  // How long something took is another number each time; the inspector is about nothing else.
  await page.addStyleTag({ url: '/still.css' })
  await page.evaluate(() => document.fonts.ready)
  await page.mouse.move(0, 0)
  const picture = await page.screenshot({ animations: 'disabled' })
  // With a palette, which nobody sees: a third of the weight.
  await sharp(picture)
    .png({ palette: true, effort: 10 })
    .toFile(path.join(folder, `${name}.png`))
  await context.close()
}

const browser = await launchChromium()
if ('reason' in browser) throw new Error(browser.reason)
await mkdir(folder, { recursive: true })
const editor = await superviseEditor(0)
for (const shot of shots) await take(browser, editor.url, shot)
await browser.close()
await editor.close()
