// What shows on a page while a model writes a call, and what is left of it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createPartialJsonParser } from '../../../src/base/index.ts'
import { type Bench, LiveHost } from './hosts.ts'
import type { PageRealm } from './in-browser.ts'
import { shop } from './suite.ts'

// The script of the page puts it there.
declare const pageRealm: PageRealm

let live: LiveHost
let bench: Bench
beforeAll(async () => {
  live = await LiveHost.start()
})
beforeEach(async ({ skip }) => {
  live.skipWithout(skip)
  bench = await live.open(shop)
  await live.page.evaluate(() => pageRealm.preview())
})
afterAll(() => live.close())

const call = (state: string, input: unknown, toolName = 'modify_element'): object => ({
  toolCallId: 'c',
  toolName,
  state,
  input,
})
const show = (...calls: readonly object[]): Promise<void> =>
  live.page.evaluate((given) => pageRealm.show(given as never), calls)
const titleText = (): Promise<string> =>
  live.page.evaluate(() => document.querySelector('h1')!.outerHTML)
const original = '<h1 id="hero-title" class="title big">Welcome</h1>'

/** What a client shows after each piece of a text. */
function* growing(text: string, size = 4): Generator {
  const parser = createPartialJsonParser()
  for (let at = 0; at < text.length; at += size) {
    parser.push(text.slice(at, at + size))
    yield structuredClone(parser.value)
  }
}

describe('a preview of a call', () => {
  test('grows with the text, and goes when the call runs', async () => {
    const input = { target: '#hero-title', text: 'A long new title', style: { color: 'red' } }
    const seen = new Set<string>()
    for (const value of growing(JSON.stringify(input))) {
      await show(call('input-streaming', value))
      seen.add(await titleText())
    }
    expect([...seen].some((html) => html.includes('>A long n'))).toBe(true)
    await show(call('executing', input))
    const { output } = await bench.call('modify_element', input)
    await show(call('executing', input))
    await show(call('output-available', input))
    expect(await titleText()).toContain('style="color: red">A long new title</h1>')
    await bench.undo(output)
    expect(await titleText()).toBe(original)
  })

  test.each([
    'output-error',
    'denied',
    'cancelled',
    'timed-out',
    'outcome-unknown',
    'input-invalid',
  ])('is taken back where the call ends as %s', async (state) => {
    const input = { target: '#hero-title', html: '<em>x</em>' }
    await show(call('approval-requested', input))
    expect(await titleText()).toContain('<em>x</em>')
    await show(call(state, input))
    expect(await titleText()).toBe(original)
  })

  test('is taken back where the call is gone, and where the preview ends', async () => {
    const input = { target: '#hero-title', text: 'x' }
    await show(call('queued', input))
    await show()
    expect(await titleText()).toBe(original)
    await show(call('queued', input))
    await live.page.evaluate(() => pageRealm.endPreview())
    expect(await titleText()).toBe(original)
  })

  test('never shows on what half a selector names', async () => {
    for (const value of growing('{"target":"#card-1 h2","text":"x"}', 1)) {
      await show(call('input-streaming', value))
      expect(await bench.html()).toContain(original)
      const html = await live.page.evaluate(() => document.querySelector('#card-1')!.outerHTML)
      expect(html).toContain('<p class="price">5</p>')
    }
  })

  test('shows nothing that the call could not do', async () => {
    for (const input of [
      { target: '#hero-title', html: '<img src=x onerror="__pwned=1"><script>__pwned=1</script>' },
      {
        target: '#hero-title',
        attributes: { onclick: '__pwned=1' },
        style: { background: 'url(//evil.example/x)' },
      },
      { target: '#pw', attributes: { value: 'x' } },
    ])
      for (const value of growing(JSON.stringify(input))) await show(call('input-streaming', value))
    expect(await live.page.evaluate(() => '__pwned' in globalThis)).toBe(false)
    expect(live.wanted).toEqual([])
    await show()
    expect(await titleText()).toBe(original)
  })

  test('shows a batch and a new element, and takes both back', async () => {
    const before = await bench.html()
    await show(
      call(
        'queued',
        {
          edits: [
            { target: '#hero-title', text: 'a' },
            { target: '#nope', text: 'b' },
          ],
        },
        'modify_elements',
      ),
      {
        ...call('queued', { target: '#main', tag: 'p', text: 'new' }, 'create_element'),
        toolCallId: 'd',
      },
    )
    const shown = await live.page.evaluate(() => document.body.innerHTML)
    expect(shown).toContain('>a</h1>')
    expect(shown).toContain('<p>new</p>')
    await show()
    expect(await bench.html()).toBe(before)
  })

  test('is not seen by tools that look', async () => {
    await show(call('queued', { target: '#hero-title', text: 'x' }))
    const { output } = await bench.call('get_element_info', { target: '#hero-title' })
    expect(output.text).toBe('Welcome')
  })

  test('leaves what the app changed meanwhile', async () => {
    await show(call('queued', { target: '#hero-title', text: 'x' }))
    await live.page.evaluate(() => {
      document.querySelector('h1')!.textContent = 'mine'
    })
    await show(call('denied', {}))
    expect(await titleText()).toContain('>mine</h1>')
  })
})
