import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from 'playwright'
import { scenarios } from '../wires/scenarios.ts'
import type { Part } from './extension-client.ts'
import { Proxy } from '../network/proxy.ts'
import { Extension } from './extension.ts'
import { Outside } from './outside.ts'

// The script of every part of the extension puts it there.
declare const part: Part

const deaths = 20

let outside: Outside
let opened: Extension | { readonly reason: string } = { reason: 'It was not started.' }

beforeAll(async () => {
  outside = await Outside.open(deaths)
  opened = await Extension.open(outside.port)
})
afterAll(async () => {
  if (!('reason' in opened)) await opened.close()
  await outside.close()
})

function extension(skip: (reason: string) => never): Extension {
  return 'reason' in opened ? skip(opened.reason) : opened
}

describe('the app suite in an extension, of a server in its service worker [P66][P70]', () => {
  test.for(Object.keys(scenarios))('in a page of it: %s', async (title, { skip }) => {
    await extension(skip).page.evaluate((name) => part.run(name), title)
  })

  let web: Page | undefined

  test.for(Object.keys(scenarios))('in a content script: %s', async (title, { skip }) => {
    const { context } = extension(skip)
    if (!web) {
      web = await context.newPage()
      await web.goto(`http://127.0.0.1:${outside.port}/page`)
    }
    const said = await web.evaluate(
      (name) =>
        new Promise((resolve) => {
          document.addEventListener('ran', (event) => resolve((event as CustomEvent).detail), {
            once: true,
          })
          document.dispatchEvent(new CustomEvent('run', { detail: name }))
        }),
      title,
    )
    expect(said).toBe('')
  })
})

test(`a service worker that relays dies in ${deaths} calls, which end once each, as if nothing were`, async ({
  skip,
}) => {
  const it = extension(skip)
  const before = outside.links
  const ended = it.page.evaluate(() => part.through())
  for (let n = 1; n <= deaths; n++) {
    const release = await outside.nextCall('page')
    await it.kill()
    release()
  }
  const { calls, errors } = await ended
  expect(calls.map(({ state, output }) => `${state} ${String(output)}`)).toEqual(
    Array(deaths).fill('output-available worked'),
  )
  expect(errors).toEqual([])
  expect(outside.figures('page')).toEqual({
    begun: deaths,
    begunAgain: 0,
    settledAgain: 0,
    states: Array(deaths).fill('output-available'),
  })
  // Each life of the worker opened one of its own.
  expect(outside.links - before).toBeGreaterThan(deaths)
  expect(outside.errors).toEqual([])
})

test(`a service worker that runs tools dies in ${deaths} calls: none begins again, no result is lost`, async ({
  skip,
}) => {
  const it = extension(skip)
  const before = outside.links
  const proxy = await Proxy.open(outside.port)
  await it.page.evaluate((port) => part.work(port), proxy.port)
  for (let n = 0; n < deaths; n++) {
    const release = await outside.nextCall('worker')
    // Every other time the handler ended, and its result waits in the journal.
    if (n % 2 > 0) {
      proxy.freeze()
      release()
      await it.page.evaluate(() => part.written())
    }
    await it.kill()
    await it.page.evaluate(() => part.wake())
  }
  await expect
    .poll(() => outside.figures('worker'), { timeout: 15_000 })
    .toEqual({
      begun: deaths,
      begunAgain: 0,
      settledAgain: 0,
      states: Array.from({ length: deaths }, (_, n) =>
        n % 2 > 0 ? 'output-available' : 'outcome-unknown',
      ),
    })
  expect(outside.links - before).toBeGreaterThan(deaths)
  expect(outside.errors).toEqual([])
  await proxy.close()
})
