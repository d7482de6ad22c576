import { type Server, createServer } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from './chromium.ts'

let server: Server
let origin = ''

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(200, {
      'content-type': 'text/html',
      'content-security-policy': "default-src 'none'; script-src 'nonce-x'",
    })
    response.end(`<title>start</title><script nonce="x">document.title = 'script ran'</script>
      <script>document.title = 'policy ignored'</script>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address === 'object') origin = `http://localhost:${address?.port}`
})
afterAll(() => server.close())

test('a page of localhost runs in Chromium under its content security policy', async ({ skip }) => {
  const browser = await launchChromium()
  if ('reason' in browser) return skip(browser.reason)
  try {
    const page = await browser.newPage()
    await page.goto(origin)
    expect(await page.title()).toBe('script ran')
  } finally {
    await browser.close()
  }
})
