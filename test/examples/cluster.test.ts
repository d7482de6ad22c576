import { type AddressInfo, createServer } from 'node:net'
import { request } from 'node:http'
import type { Page } from 'playwright'
import { beforeEach, describe, expect, test } from 'vitest'
import { needsRedis } from '../brokers/redis-bench.ts'
import { launchChromium } from '../chromium.ts'
import { needsPostgres } from '../stores/postgres-server.ts'
import { startCluster } from './cluster-process.ts'

// Half a minute on two idle cores; the limit leaves room for a busy machine.
const slow = 300_000

/** A port at which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** What the page says under a heading of its totals. */
const total = (page: Page, name: string): Promise<string> =>
  page.locator('.total', { hasText: name }).locator('dd').innerText()

/** How many turns came to their end at a server, as its card says. */
async function turnsAt(page: Page, name: string): Promise<number> {
  const facts = await page.getByRole('article', { name }).locator('.facts').innerText()
  return Number(/([\d,]+) turns/.exec(facts)?.[1]?.replaceAll(',', ''))
}

function statusFor(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

describe('the example of two servers, PostgreSQL, Redis and a kill switch', () => {
  beforeEach(needsPostgres)
  beforeEach(needsRedis)

  test(
    'kills a server by itself, and every client comes to its end with one result for each call',
    { timeout: slow },
    async () => {
      const cluster = startCluster(['--once', '--clients', '16', '--turns', '3'])
      const code = await cluster.ended
      const shown = cluster.shown()
      expect({ code, shown }).toMatchObject({ code: 0 })
      expect(shown).toMatch(/Server 1 was killed, with \d+ turns under way\./)
      const lines = shown.split('\n').map((line) => line.trim().replace(/ {2,}/, ': '))
      for (const line of [
        'Clients given up: 0',
        'Conversations: 16',
        'Turns: 48',
        'without their end: 0',
        'without a result: 0',
        'with two results: 0',
        'seen otherwise by clients: 0',
        'run twice: 0',
        'Exactly one result for every call.',
      ])
        expect(lines).toContain(line)
      expect(shown).toMatch(/^Calls +144 \(\d+ output-available/m)
    },
  )

  test('says what to start where one of them does not answer', { timeout: slow }, async () => {
    const port = await deadPort()
    for (const [variable, scheme, name] of [
      ['TOOLWIRE_POSTGRES', 'postgres', 'PostgreSQL'],
      ['TOOLWIRE_REDIS', 'redis', 'Redis'],
    ] as const) {
      const url = `${scheme}://me:secret@127.0.0.1:${port}`
      const cluster = startCluster(['--once'], { [variable]: url })
      expect(await cluster.ended).toBe(1)
      const shown = cluster.shown()
      expect(shown).toContain(`No ${name} answers at 127.0.0.1:${port} (`)
      expect(shown).toMatch(new RegExp(`Start one, .* or say in ${variable} where yours is`))
      expect(shown).not.toContain('secret')
      expect(shown.trim().split('\n')).toHaveLength(1)
    }
  })

  test(
    'a button of its page kills a server, and the other takes its turns over',
    { timeout: slow },
    async ({ skip }) => {
      const browser = await launchChromium()
      if ('reason' in browser) return skip(browser.reason)
      const cluster = startCluster(['--clients', '16'])
      const complaints: string[] = []
      try {
        const url = await cluster.says(/http:\/\/localhost:\d+/)
        const page = await browser.newPage()
        page.setDefaultTimeout(60_000)
        page.on('console', (message) => complaints.push(message.text()))
        page.on('pageerror', (error) => complaints.push(error.message))
        await page.goto(url)
        const kill = page.getByRole('button', { name: 'Kill server 1' })
        await expect.poll(() => turnsAt(page, 'Server 1'), { timeout: slow }).toBeGreaterThan(20)
        await kill.click()
        await page.getByRole('article', { name: 'Server 1' }).getByText('killed').waitFor()
        const before = await turnsAt(page, 'Server 2')
        await page.getByText(/Server 1 was killed, with \d+ turns under way\./).waitFor()
        expect(await kill.getAttribute('aria-disabled')).toBe('true')
        await page.getByText('Every turn that was left behind goes on.').waitFor()
        expect(await turnsAt(page, 'Server 2')).toBeGreaterThan(before)
        expect(Number(await total(page, 'Taken over'))).toBeGreaterThan(0)
        await page.getByText('Server 1 is back.').waitFor()
        await page.getByRole('article', { name: 'Server 1' }).getByText('serving').waitFor()
        expect(await page.getByRole('row', { name: /output-available/ }).count()).toBe(1)
        for (const name of ['Wrong results', 'Double runs'])
          expect(await total(page, name)).toBe('0')
        expect(complaints).toEqual([])

        expect(await statusFor(`${url}/kill/2`, { origin: 'http://evil.example' })).toBe(403)
        expect(await statusFor(`${url}/kill/2`, { host: 'evil.example' })).toBe(403)
        expect(await page.getByText('Server 2 was killed').count()).toBe(0)
      } finally {
        await browser.close()
        cluster.interrupt()
      }
      const code = await cluster.ended
      const shown = cluster.shown()
      expect({ code, shown }).toMatchObject({
        code: 0,
        shown: expect.stringContaining('Exactly one result for every call.'),
      })
    },
  )
})
