import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Rig,
  type Tab,
  type Wire,
  connected,
  inspectorOf,
  slowly,
  startRig,
  tabOf,
} from './rig.ts'

let rig: Rig
beforeAll(async () => {
  // Long enough to be answered by the tests that do, short enough to be waited for by the one that does not.
  rig = await startRig({ TOOLWIRE_DEMO_APPROVAL_MS: '4000' })
}, 120_000)
afterAll(() => rig.close())

const slow = 120_000

/** Pulls a plug, and resolves with what the panel says came of it. */
async function pull({ page }: Tab, label: string): Promise<string> {
  await openPanel(page)
  await page.getByRole('button', { name: label, exact: true }).click()
  return outcome(page, label)
}

async function openPanel(page: Tab['page']): Promise<void> {
  const opener = page.locator('#open-plugs')
  if ((await opener.getAttribute('aria-expanded')) === 'false') await opener.click()
}

async function outcome(page: Tab['page'], label: string): Promise<string> {
  const plug = page.locator('.plug[data-phase="over"]', { hasText: label })
  return (await plug.locator('p').textContent()) ?? ''
}

const onWires = (...wires: Wire[]): readonly Wire[] => wires

describe('pull the plug', () => {
  test.for(onWires('websocket', 'sse'))(
    'a socket that is cut in the middle loses nothing: the call ran once and has its result (%s)',
    { timeout: slow },
    async (wire, { skip }) => {
      const tab = await rig.open(skip, { wire, breaks: true })
      const { opener, frames, calls } = inspectorOf(tab.page)
      await opener.click()
      expect(await pull(tab, 'Cut the socket')).toContain(
        'publish_page began 1 time by tab 1, and its one result is output-available',
      )
      await frames.getByText('end: broken').waitFor()
      await frames.getByText(/^link 2 · from/).waitFor()
      await calls.filter({ hasText: /publish_page.*output-available.*1 attempt/ }).waitFor()
      expect(await tab.ledger()).toMatchObject([
        { call: 'publish_page', runs: 1, by: 'tab 1', state: 'output-available' },
      ])
      await tab.check()
    },
  )

  test.for(onWires('websocket', 'iframe'))(
    'a tab that is reloaded in the middle does not run the call again, and nobody pretends to know (%s)',
    { timeout: slow },
    async (wire, { skip }) => {
      const tab = await rig.open(skip, { wire, breaks: true })
      expect(await pull(tab, 'Reload the tab')).toContain(
        'publish_page began 1 time by tab 1, and its one result is outcome-unknown',
      )
      expect(await tab.ledger()).toMatchObject([
        { call: 'publish_page', runs: 1, state: 'outcome-unknown' },
      ])
      await tab.page.locator('.text', { hasText: 'cannot know' }).waitFor()
      await tab.check()
    },
  )

  test.for(onWires('websocket', 'worker'))(
    'of two tabs one runs the call, and both show its result (%s)',
    { timeout: slow },
    async (wire, { skip }) => {
      const tab = await rig.open(skip, { wire })
      const opened = tab.context.waitForEvent('page').then(async (page) => {
        // A tab that nobody looks at is slowed down by the browser.
        await tab.page.bringToFront()
        return page
      })
      expect(await pull(tab, 'Open a second tab')).toContain(
        'publish_page began 1 time by tab 1, and its one result is output-available',
      )
      const page = await opened
      await connected(page)
      const second = tabOf(page, { demo: rig.demo, complaints: tab.complaints })
      await expect.poll(second.ledger, slowly).toEqual(await tab.ledger())
      // Whoever asks, runs.
      await page.bringToFront()
      await second.ask('Rewrite the headline')
      await second.over()
      await expect
        .poll(async () => (await tab.ledger())[0], slowly)
        .toMatchObject({ call: 'modify_element', runs: 1, by: 'tab 2' })
      await expect
        .poll(() => tab.site.locator('h1').textContent(), slowly)
        .toBe('Forget to water. It remembers.')
      await tab.check()
      await second.check()
    },
  )

  test.for(onWires('worker'))(
    'a worker that is killed with the server in it is followed by another, which takes the result (%s)',
    { timeout: slow },
    async (wire, { skip }) => {
      const tab = await rig.open(skip, { wire })
      expect(await pull(tab, 'Kill the worker')).toContain(
        'publish_page began 1 time by tab 1, and its one result is output-available',
      )
      expect(await tab.ledger()).toMatchObject([{ call: 'publish_page', runs: 1 }])
      await tab.check()
    },
  )

  test.for(onWires('websocket', 'iframe'))(
    'a server that is killed while the model writes is followed by another, and the call runs once (%s)',
    { timeout: slow },
    async (wire, { skip }) => {
      const tab = await rig.open(skip, { wire, breaks: true })
      expect(await pull(tab, 'Restart the server')).toContain(
        'create_element began 1 time by tab 1, and its one result is output-available',
      )
      expect(await tab.site.locator('.badge').count()).toBe(1)
      await tab.check()
    },
  )

  test('an input that is cut off never runs', { timeout: slow }, async ({ skip }) => {
    const tab = await rig.open(skip)
    const before = await tab.site.locator('#site').innerHTML()
    expect(await pull(tab, 'Truncate the arguments')).toContain(
      'create_element never began, and its one result is input-invalid',
    )
    expect(await tab.site.locator('#site').innerHTML()).toBe(before)
    await tab.page.locator('.text', { hasText: 'nothing of it was done' }).waitFor()
    await tab.check()
  })

  test('Stop, pressed twice, stops once', { timeout: slow }, async ({ skip }) => {
    const tab = await rig.open(skip)
    expect(await pull(tab, 'Press Stop twice')).toContain(
      'publish_page began 1 time by tab 1, and its one result is cancelled',
    )
    // The next message is heard.
    await tab.ask('Change the colours')
    await tab.over()
    expect(await tab.ledger()).toMatchObject([
      { call: 'modify_elements', runs: 1 },
      { call: 'publish_page', runs: 1 },
    ])
    await tab.check()
  })

  test('a yes that comes too late deletes nothing', { timeout: slow }, async ({ skip }) => {
    const tab = await rig.open(skip)
    const said = await pull(tab, 'Approve too late')
    expect(said).toContain('delete_element never began, and its one result is denied')
    expect(said).toContain('The late yes was refused: COMMAND_REFUSED')
    expect(await tab.site.locator('#foot-note').count()).toBe(1)
    await tab.check()
  })

  test(
    'a plug that there is not is not offered, and says why',
    { timeout: slow },
    async ({ skip }) => {
      const tab = await rig.open(skip, { wire: 'iframe' })
      await openPanel(tab.page)
      expect(await tab.page.getByRole('button', { name: 'Cut the socket' }).isDisabled()).toBe(true)
      expect(await tab.page.locator('[data-plug="cut"] p').textContent()).toContain('no socket')
      expect(await tab.page.getByRole('button', { name: 'Kill the worker' }).isDisabled()).toBe(
        true,
      )
    },
  )
})
