import axe from 'axe-core'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ScriptStep } from '../../src/testing/index.ts'
import { TestBrowser } from './browser.ts'
import type { Kind, Stage } from './ui-page.ts'
import { UiSite } from './ui-site.ts'

// The script of every page puts it there.
declare const stage: Stage

let browser: TestBrowser
let site: UiSite
let context: BrowserContext | undefined

beforeAll(async () => {
  browser = await TestBrowser.start()
  site = await UiSite.open()
})
afterEach(async () => {
  await context?.close()
  context = undefined
})
afterAll(async () => {
  await site.close()
  await browser.close()
})

async function open(skip: (reason: string) => never): Promise<Page> {
  context = await browser.context(skip)
  return site.page(context)
}

const work = { toolName: 'resize_image', input: { width: 640 } }
const pay = { toolName: 'pay', input: { to: 'Ada', amount: 12 } }
const calls = (...toolCalls: readonly { toolName: string; input?: unknown }[]): ScriptStep[] => [
  { toolCalls },
  { text: 'Done.' },
]

const kinds: readonly Kind[] = ['react', 'elements']

describe.each(kinds)('%s', (way) => {
  test('a call says how it stands, how far it is and how long it takes', async ({ skip }) => {
    const page = await open(skip)
    await page.evaluate(
      async ({ kind, steps }) => {
        await stage.open(kind, steps)
        await stage.untilState('executing')
        stage.progress({ done: 1, total: 4, message: 'A quarter' })
        await stage.until(() => stage.client.getSnapshot().calls[0]?.progress !== undefined)
        stage.pass(5_000)
      },
      { kind: way, steps: calls(work) },
    )
    const card = page.getByRole('group', { name: 'Resize image', exact: true })
    await card.getByText('A quarter').waitFor()
    expect(await card.getByRole('progressbar').getAttribute('value')).toBe('0.25')
    expect(await card.getByRole('timer').textContent()).toMatch(/^[5-9] s$/)
    expect(await card.getByText('Little time is left').count()).toBe(0)
    await page.evaluate(() => stage.pass(45_000))
    await card.getByText(/^Little time is left: it is stopped in \d+ s\.$/).waitFor()
    await page.evaluate(() => stage.finish({ size: 7 }))
    await card.getByText('Done', { exact: true }).waitFor()
    await card.getByText('Result').click()
    expect(await card.locator('.tw-output pre').textContent()).toBe('{\n  "size": 7\n}')
  })

  test('a screen reader hears of states, and of neither progress nor time', async ({ skip }) => {
    const page = await open(skip)
    await page.evaluate(
      async ({ kind, steps }) => {
        await stage.open(kind, steps)
        await stage.untilState('executing')
      },
      { kind: way, steps: calls(work) },
    )
    const status = page.getByRole('status')
    await page.waitForFunction(
      () => document.querySelector('[role=status]')?.textContent === 'Resize image: Running',
    )
    const said = await page.evaluate(async () => {
      const region = document.querySelector('[role=status]')
      const heard: (string | null)[] = []
      const watch = new MutationObserver(() => heard.push(region?.textContent ?? null))
      if (region) watch.observe(region, { childList: true, characterData: true, subtree: true })
      for (let n = 1; n <= 8; n++) {
        stage.progress({ done: n, total: 10 })
        await stage.until(() => {
          const { progress } = stage.client.getSnapshot().calls[0] ?? {}
          return JSON.stringify(progress) === JSON.stringify({ done: n, total: 10 })
        })
        stage.pass(1_000)
      }
      const before = heard.length
      stage.pass(45_000)
      stage.pass(1_000)
      await stage.until(() => heard.length > before)
      stage.finish()
      await stage.untilReady()
      await stage.until(() => heard.at(-1)?.includes('Done') ?? false)
      return heard
    })
    expect(said).toEqual(['Resize image: Running. Little time is left', 'Resize image: Done'])
    expect(await status.count()).toBe(1)
  })

  test('while no call runs no timer is set', async ({ skip }) => {
    const page = await open(skip)
    const timers = await page.evaluate(
      async ({ kind, steps }) => {
        const seen: number[] = []
        await stage.open(kind, steps)
        await stage.untilState('executing')
        await stage.until(() => stage.timers === 1)
        seen.push(stage.timers)
        stage.finish()
        await stage.untilReady()
        await stage.until(() => stage.timers === 0)
        seen.push(stage.timers)
        stage.mount(kind)
        seen.push(stage.timers)
        stage.unmount()
        return [...seen, stage.timers]
      },
      { kind: way, steps: calls(work) },
    )
    expect(timers).toEqual([1, 0, 0, 0])
  })

  test('a person allows a call with the keyboard alone, and reads on where the question was', async ({
    skip,
  }) => {
    const page = await open(skip)
    await page.evaluate(({ kind, steps }) => stage.open(kind, steps), {
      kind: way,
      steps: calls(pay),
    })
    const question = page.getByRole('group', { name: 'May Pay run with this input?' })
    await question.waitFor()
    expect(await question.locator('pre').textContent()).toBe('{\n  "to": "Ada",\n  "amount": 12\n}')
    await page.keyboard.press('Tab')
    for (let n = 0; n < 5; n++) {
      if ((await focused(page)) === 'Allow: Pay') break
      await page.keyboard.press('Tab')
    }
    await page.keyboard.press('Enter')
    await page.evaluate(() => stage.untilReady())
    await question.waitFor({ state: 'detached' })
    expect(await focused(page)).toBe('Pay')
    expect(await page.evaluate(() => stage.ran)).toEqual([{ to: 'Ada', amount: 12 }])
  })

  test('a person changes the input, is told what is wrong with it, and it runs as changed', async ({
    skip,
  }) => {
    const page = await open(skip)
    await page.evaluate(({ kind, steps }) => stage.open(kind, steps, { canEdit: true }), {
      kind: way,
      steps: calls(pay),
    })
    await page.getByText('Change input').click()
    const field = page.getByRole('textbox', { name: 'Input of Pay, as JSON' })
    expect(await focused(page)).toBe('Input of Pay, as JSON')
    const allow = page.getByRole('button', { name: 'Allow as changed: Pay' })
    await field.fill('{"to": "Ada"')
    await allow.click()
    await page.getByRole('alert').getByText('This is not a JSON object.').waitFor()
    await field.fill('{"to": "Ada"}')
    await allow.click()
    await page.getByRole('alert').getByText('“amount” is missing').waitFor()
    await field.fill('{"to": "Ada", "amount": "much"}')
    await allow.click()
    await page.getByRole('alert').getByText('That did not work').waitFor()
    expect(await field.inputValue()).toBe('{"to": "Ada", "amount": "much"}')
    await field.fill('{"to": "Ada", "amount": 5}')
    await allow.click()
    await page.evaluate(() => stage.untilReady())
    expect(await page.evaluate(() => stage.ran)).toEqual([{ to: 'Ada', amount: 5 }])
  })

  test('Escape discards what was changed, and the call is still a question', async ({ skip }) => {
    const page = await open(skip)
    await page.evaluate(({ kind, steps }) => stage.open(kind, steps, { canEdit: true }), {
      kind: way,
      steps: calls(pay),
    })
    await page.getByText('Change input').click()
    await page.getByRole('textbox').fill('{}')
    await page.keyboard.press('Escape')
    await page.getByRole('textbox').waitFor({ state: 'detached' })
    expect(await page.getByText('Don’t allow').isVisible()).toBe(true)
    await page.getByText('Don’t allow').click()
    await page.getByText('Not allowed', { exact: true }).waitFor()
    expect(await page.evaluate(() => stage.ran)).toEqual([])
  })

  test('a call is cancelled while it runs, and taken back when it is done', async ({ skip }) => {
    const page = await open(skip)
    await page.evaluate(({ kind, steps }) => stage.open(kind, steps), {
      kind: way,
      steps: calls(work, pay),
    })
    await page.getByRole('button', { name: 'Cancel: Resize image' }).click()
    await page.getByText('Cancelled', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Allow: Pay', exact: true }).click()
    await page.getByRole('button', { name: 'Undo: Pay' }).click()
    await page.getByRole('paragraph').getByText('Taken back').waitFor()
    expect(await page.evaluate(() => stage.ran)).toEqual([{ to: 'Ada', amount: 12 }, 'undone'])
    expect(await page.getByRole('button').count()).toBe(0)
  })

  test('a failure says what happened and what to do', async ({ skip }) => {
    const page = await open(skip)
    await page.evaluate(({ kind, steps }) => stage.open(kind, steps), {
      kind: way,
      steps: calls({ toolName: 'export_report', input: {} }),
    })
    const card = page.getByRole('group', { name: 'Export report' })
    await card.getByText('The disk is full.', { exact: true }).waitFor()
    await card.getByText('Ask again, or go on without it.', { exact: true }).waitFor()
  })

  test('looks are set anywhere above the parts, and the color scheme is that of the page', async ({
    skip,
  }) => {
    const page = await open(skip)
    await page.evaluate(({ kind, steps }) => stage.open(kind, steps), {
      kind: way,
      steps: calls(pay),
    })
    const card = page.getByRole('group', { name: 'Pay', exact: true })
    const looks = (): Promise<readonly string[]> =>
      card.evaluate((element) => {
        const { backgroundColor, borderRadius } = getComputedStyle(element)
        const allow = element.querySelector('.tw-primary') ?? element
        return [backgroundColor, borderRadius, getComputedStyle(allow).backgroundColor]
      })
    const set = (on: 'html' | 'body', style: string): Promise<void> =>
      page.locator(on).evaluate((element, text) => element.setAttribute('style', text), style)
    // Whatever the system says, here light.
    await set('html', 'color-scheme: dark')
    expect(await looks()).toEqual(['rgb(26, 28, 32)', '10px', 'rgb(126, 176, 255)'])
    await set('html', 'color-scheme: light; --tw-radius: 3px; --tw-accent: black')
    await set('body', '--tw-accent: light-dark(rgb(122, 63, 242), white)')
    expect(await looks()).toEqual(['rgb(255, 255, 255)', '3px', 'rgb(122, 63, 242)'])
    await set('html', 'color-scheme: dark')
    expect(await looks()).toEqual(['rgb(26, 28, 32)', '10px', 'rgb(255, 255, 255)'])
  })

  test.for(['light', 'dark'] as const)(
    'axe finds nothing wrong in %s',
    async (scheme, { skip }) => {
      const page = await open(skip)
      await page.emulateMedia({ colorScheme: scheme })
      await page.evaluate(
        async ({ kind, steps }) => {
          stage.give('a text')
          await stage.open(kind, steps, { canEdit: true, keep: ['session'] })
          await stage.untilState('executing', 3)
          stage.progress({ done: 1, total: 4, message: 'A quarter' })
          await stage.until(() => stage.client.getSnapshot().calls[3]?.progress !== undefined)
          stage.pass(50_000)
          for (const fold of document.querySelectorAll('details')) fold.open = true
        },
        {
          kind: way,
          steps: calls(
            { toolName: 'give', input: {} },
            { toolName: 'export_report', input: {} },
            pay,
            work,
          ),
        },
      )
      await page.getByText('Little time is left:').waitFor()
      const look = async (): Promise<unknown> => {
        await page.evaluate(axe.source)
        return page.evaluate(async () => {
          // The source above puts it there.
          const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(
            'main',
          )
          return violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])
        })
      }
      expect(await look()).toEqual([])
      await page.getByText('Change input').click()
      await page.getByRole('textbox').waitFor()
      expect(await look()).toEqual([])
    },
  )

  test('what a person has opened and is writing stays while a call makes progress', async ({
    skip,
  }) => {
    const page = await open(skip)
    await page.evaluate(({ kind, steps }) => stage.open(kind, steps, { canEdit: true }), {
      kind: way,
      steps: calls(pay, work),
    })
    await page.evaluate(() => stage.untilState('executing', 1))
    await page.getByText('Change input').click()
    await page.getByRole('textbox').fill('{"to": "Bob", "amount": 1}')
    await page.getByText('Input', { exact: true }).click()
    await page.getByRole('textbox').focus()
    await page.evaluate(async () => {
      for (let n = 1; n < 5; n++) {
        stage.progress(n / 10)
        await stage.until(() => stage.client.getSnapshot().calls[1]?.progress === n / 10)
        stage.pass(1_000)
      }
    })
    expect(await focused(page)).toBe('Input of Pay, as JSON')
    expect(await page.getByRole('textbox').inputValue()).toBe('{"to": "Bob", "amount": 1}')
    expect(await page.locator('.tw-input').getAttribute('open')).not.toBeNull()
  })
})

test('who wants less motion sees none', async ({ skip }) => {
  const page = await open(skip)
  await page.evaluate(
    async ({ steps }) => {
      await stage.open('react', steps)
      await stage.untilState('executing')
    },
    { steps: calls(work) },
  )
  const running = (): Promise<number> =>
    page.evaluate(
      () => document.getAnimations().filter(({ playState }) => playState === 'running').length,
    )
  await page.locator('[data-tone=running] > .tw-mark').waitFor()
  expect(await running()).toBe(1)
  await page.emulateMedia({ reducedMotion: 'reduce' })
  expect(await running()).toBe(0)
})

test('texts are those of the host, and an element set up before it is defined works', async ({
  skip,
}) => {
  const page = await open(skip)
  await page.evaluate(
    async ({ steps }) => {
      await stage.open('react', steps)
      await stage.untilState('approval-requested')
      stage.unmount()
      const early = document.createElement('toolwire-approval')
      Object.assign(early, {
        client: stage.client,
        options: { strings: { approve: 'Erlauben', question: 'Darf {tool} laufen?' } },
      })
      early.setAttribute('tool-call-id', stage.client.getSnapshot().calls[0]?.toolCallId ?? '')
      document.querySelector('main')?.append(early)
      stage.element('toolwire-indicator', early.getAttribute('tool-call-id') ?? '')
    },
    { steps: calls(pay) },
  )
  await page.getByRole('button', { name: 'Erlauben: Pay' }).click()
  await page.getByText('Done', { exact: true }).waitFor()
  expect(await page.getByText('Darf').count()).toBe(0)
})

test('a page that nobody looks at hears at once, and one that is painted no more still hears', async ({
  skip,
}) => {
  const page = await open(skip)
  const heard = await page.evaluate(async () => {
    const seen: number[] = []
    let told = 0
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
    await stage.open('elements', [{ text: 'Hello.' }, { text: 'Hello.' }])
    await stage.untilReady()
    stage.client.subscribe(() => told++)
    const first = stage.send('Again')
    await Promise.resolve()
    seen.push(told)
    await first
    await stage.untilReady()
    Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true })
    globalThis.requestAnimationFrame = () => 0
    told = 0
    const second = stage.send('And again')
    await Promise.resolve()
    seen.push(told)
    await stage.until(() => told > 0)
    await second
    return seen
  })
  expect(heard).toEqual([1, 0])
})

test('10,000 deltas render a mounted chat once a frame at most, drop no text, and leave the field usable', async ({
  skip,
}) => {
  const page = await open(skip)
  const deltas = Array.from({ length: 10_000 }, (_, n) => `${n} `)
  await page.evaluate((pieces) => stage.prepareChat(pieces), deltas)
  const field = page.getByRole('textbox')
  const counted = page.evaluate(async () => {
    let frames = 0
    const count = (): void => {
      frames++
      if (!isOver) requestAnimationFrame(count)
    }
    let isOver = false
    requestAnimationFrame(count)
    const before = stage.renders
    await stage.send('Go')
    await stage.untilReady()
    await new Promise<void>((resolve) => void requestAnimationFrame(() => setTimeout(resolve)))
    isOver = true
    return { frames, renders: stage.renders - before }
  })
  const typed = 'Typed while it streams'
  await field.pressSequentially(typed)
  const { frames, renders } = await counted
  expect(await page.locator('#said').textContent()).toBe(`Go${deltas.join('')}`)
  expect(await field.inputValue()).toBe(typed)
  expect(renders).toBeGreaterThan(3)
  // A key that is pressed renders the field at once.
  expect(renders).toBeLessThanOrEqual(frames + typed.length)
}, 60_000)

function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? null)
}
