import type { BrowserContext, Frame, Page, Route, Worker } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { scenarios } from '../wires/scenarios.ts'
import { TestBrowser } from './browser.ts'
import type { Realm } from './realm.ts'
import { type Site, serveScript } from './site.ts'

// The script of every realm puts it there.
declare const realm: Realm

let browser: TestBrowser
let site: Site
let pageUrl = ''
let frameUrl = ''

beforeAll(async () => {
  ;[browser, site] = await Promise.all([TestBrowser.start(), serveScript('realm.ts')])
  // Two names of one machine are two origins, and two sites.
  pageUrl = `http://127.0.0.1:${site.port}/`
  frameUrl = `http://localhost:${site.port}/`
})
afterAll(async () => {
  await browser.close()
  await site.close()
})

/** What pages, frames and workers have in common. */
interface Evaluates {
  evaluate<A, R>(script: (argument: A) => R | Promise<R>, argument: A): Promise<R>
}

interface Realms {
  readonly context: BrowserContext
  readonly page: Page
  readonly frame: Pick<Frame, 'evaluate'>
  readonly worker: Pick<Worker, 'evaluate'>
}

async function openRealms(skip: (reason: string) => never): Promise<Realms> {
  const context = await browser.context(skip)
  const page = await context.newPage()
  await page.goto(pageUrl)
  await page.evaluate((url) => realm.addFrame('frame', url), frameUrl)
  const frame = page.frame('frame')
  if (!frame) throw new Error('The frame was added.')
  const [worker] = await Promise.all([
    page.waitForEvent('worker'),
    page.evaluate(() => realm.addWorker('worker', '/script.js')),
  ])
  return { context, page, frame, worker }
}

describe('the app suite in Chromium', () => {
  let realms: Realms | undefined
  afterAll(() => realms?.context.close())

  const places = {
    'a page, of a server in a frame of another origin': ['page', 'frame'],
    'a frame, of a server in the page of another origin': ['frame', 'page'],
    'a page, of a server in a worker': ['page', 'worker'],
    'a worker, of a server in the page': ['worker', 'page'],
  } as const

  describe.each(Object.entries(places))('%s [P66][P69]', (_, [here, there]) => {
    test.for(Object.keys(scenarios))('%s', async (title, { skip }) => {
      realms ??= await openRealms(skip)
      const place: Evaluates = realms[here]
      await place.evaluate(([scenario, server]) => realm.run(scenario, server), [
        title,
        there,
      ] as const)
    })
  })
})

describe('between windows', () => {
  let context: BrowserContext | undefined
  afterEach(() => context?.close())

  /** A page with frames of another origin. */
  async function open(skip: (reason: string) => never, names: readonly string[] = ['frame']) {
    context = await browser.context(skip)
    const page = await context.newPage()
    await page.goto(pageUrl)
    const frames: Frame[] = []
    for (const name of names) {
      await page.evaluate(([id, url]) => realm.addFrame(id, url), [name, frameUrl] as const)
      const frame = page.frame(name)
      if (frame) frames.push(frame)
    }
    const [frame, other] = frames
    if (!frame) throw new Error('The frame was added.')
    return { page, frame, other: other ?? frame }
  }

  const say = (text: string): Promise<string> => realm.say(realm.open('page', 'talk'), text)

  test('who knocks a second before anybody listens is let in, once', async ({ skip }) => {
    const { page, frame } = await open(skip)
    const heard = page.evaluate(async () => {
      await realm.knocked('frame', 6)
      realm.serve(realm.neighbour('frame').listener(), [{ text: 'Hello.' }])
    })
    const answer = frame.evaluate(say, 'Hi')
    await heard
    expect(await answer).toBe('Hello.')
    expect(await page.evaluate(() => realm.links)).toEqual([true])
  })

  test('a worker is knocked at while its script still loads, and lets in one', async ({ skip }) => {
    const { page } = await open(skip)
    const held: Route[] = []
    await page.route('**/script.js?late', (route) => void held.push(route))
    const answer = page.evaluate(async () => {
      const worker = new Worker('/script.js?late')
      const knocks: number[] = []
      const target: Parameters<typeof realm.postMessageTransport>[0] = {
        target: {
          postMessage(message, transfer) {
            worker.postMessage(message, transfer)
            if (knocks.push(1) === 4) document.title = 'knocked'
          },
        },
      }
      const client = realm.createToolClient({ transport: realm.postMessageTransport(target) })
      return realm.say(client, 'Hi')
    })
    await page.waitForFunction(() => document.title === 'knocked')
    await expect.poll(() => held.length).toBe(1)
    await held[0]?.continue()
    expect(await answer).toBe('Served.')
  })

  test('a window of another origin than those named gets no answer', async ({ skip }) => {
    const { page, frame } = await open(skip)
    await page.evaluate(() => {
      const listener = realm.postMessageListener({ source: window, origins: [location.origin] })
      realm.serve(listener, [])
      realm.markKnocks('frame')
    })
    expect(await frame.evaluate(() => realm.answerToKnock('page'))).toBe('heard, and not answered')
    expect(await page.evaluate(() => realm.links)).toEqual([])
  })

  test('a window of the right origin that is not the one expected gets no answer', async ({
    skip,
  }) => {
    const { page, frame, other } = await open(skip, ['frame', 'other'])
    await page.evaluate(() => {
      realm.serve(realm.neighbour('frame').listener(), [{ text: 'Hello.' }])
      realm.markKnocks('other')
    })
    expect(await other.evaluate(() => realm.answerToKnock('page'))).toBe('heard, and not answered')
    expect(await frame.evaluate(say, 'Hi')).toBe('Hello.')
    expect(await page.evaluate(() => realm.links)).toEqual([true])
  })

  test('a knock on another channel gets no answer', async ({ skip }) => {
    const { page, frame } = await open(skip)
    await page.evaluate(() => {
      realm.serve(realm.neighbour('frame').listener(), [])
      realm.markKnocks('frame')
    })
    expect(await frame.evaluate(() => realm.answerToKnock('page', 'other'))).toBe(
      'heard, and not answered',
    )
  })

  test('a window that shows another origin than the client expects is sent nothing', async ({
    skip,
  }) => {
    const { page, frame } = await open(skip)
    const first = frame.evaluate(() => realm.nextMessage('page'))
    await page.evaluate(async () => {
      let knocks = 0
      const { contentWindow } = document.querySelector('iframe') ?? {}
      await new Promise<void>((resolve) => {
        const transport = realm.postMessageTransport({
          origin: location.origin,
          window: {
            postMessage(message, origin, transfer) {
              contentWindow?.postMessage(message, origin, transfer)
              if (++knocks === 3) resolve()
            },
          },
        })
        realm.createToolClient({ transport })
      })
      realm.neighbour('frame').post('marked', [])
    })
    expect(await first).toBe('marked')
  })

  test('a frame that goes elsewhere ends its links, and its next document comes in', async ({
    skip,
  }) => {
    const { page, frame } = await open(skip)
    await page.evaluate(() => {
      realm.serve(realm.neighbour('frame').listener(), [{ text: 'First.' }, { text: 'Second.' }])
    })
    expect(await frame.evaluate(say, 'Hi')).toBe('First.')
    const { href } = await frame.evaluate(() => ({ href: location.href }))
    await frame.goto(`${href}&again`)
    await page.waitForFunction(() => realm.links[0] === false)
    expect(await frame.evaluate(say, 'Hi again')).toBe('Second.')
    expect(await page.evaluate(() => realm.links)).toEqual([false, true])
  })

  test('a client whose server goes elsewhere comes back to the next document', async ({ skip }) => {
    const { page, frame } = await open(skip)
    const serve = (text: string): void =>
      void realm.serve(realm.neighbour('page').listener(), [{ text }])
    await frame.evaluate(serve, 'First.')
    const client = await page.evaluateHandle(() => realm.open('frame', 'talk'))
    expect(await client.evaluate((it) => realm.say(it, 'Hi'))).toBe('First.')
    const lost = client.evaluate((it) => realm.until(it, (now) => now.connection !== 'open'))
    await frame.evaluate(() => location.reload())
    await lost
    await frame.waitForFunction(() => 'realm' in globalThis)
    await frame.evaluate(serve, 'Second.')
    expect(await client.evaluate((it) => realm.say(it, 'Hi again'))).toBe('Second.')
  })

  test('mounting twice at once leaves one client and one listener at work', async ({ skip }) => {
    const { page, frame } = await open(skip)
    // As React does in development: an effect, its clean-up and the effect again, all in one task.
    await page.evaluate(() => {
      const listener = realm.neighbour('frame').listener()
      const stop = realm.serve(listener, [{ text: 'Of the first.' }])
      stop()
      realm.serve(listener, [{ text: 'Of the second.' }])
    })
    const answer = await frame.evaluate(() => {
      realm.open('page', 'talk').close()
      return realm.say(realm.open('page', 'talk'), 'Hi')
    })
    expect(answer).toBe('Of the second.')
    await page.waitForFunction(() => realm.links.filter(Boolean).length === 1)
  })
})
