import { afterEach, expect, test, vi } from 'vitest'
import { launchChromium } from '../chromium.ts'
import { runExample } from '../demo/demo-process.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

// All ten plugs take minutes, since each app is given time to come back: `node examples/compare/main.ts --once`.
test(
  'where the tab is reloaded while the tool runs, toolwire keeps its promises, and the AI SDK beside it is played too',
  { timeout: 300_000 },
  async ({ skip }) => {
    const browser = await launchChromium()
    if ('reason' in browser) return skip(browser.reason)
    await browser.close()
    vi.stubEnv('PLUG', 'Reload the tab while the tool runs')
    const { code, stdout, stderr } = await runExample('compare', '--once')
    expect({ code, stdout, stderr }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('toolwire kept its promises.'),
    })
    const [label, ...sides] = stdout.trim().split('\n')
    expect(label).toBe('Reload the tab while the tool runs')
    expect(sides[0]).toMatch(/^ {2}ai-sdk /)
    expect(sides[1]).toMatch(
      /^ {2}toolwire +runs: publish_page 1× +results: publish_page 1 \(unknown\) +ended/,
    )
  },
)
