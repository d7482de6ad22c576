import { expect, test } from 'vitest'
import { launchChromium } from '../chromium.ts'
import { runExample } from '../demo/demo-process.ts'

test(
  'with every plug pulled, toolwire keeps its promises, and the AI SDK beside it is played too',
  { timeout: 600_000 },
  async ({ skip }) => {
    const browser = await launchChromium()
    if ('reason' in browser) return skip(browser.reason)
    await browser.close()
    const { code, stdout, stderr } = await runExample('compare', '--once')
    expect({ code, stdout, stderr }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('toolwire kept its promises.'),
    })
    const lines = stdout.split('\n')
    const ofSide = (side: string): readonly string[] =>
      lines.filter((line) => line.startsWith(`  ${side} `))
    expect(ofSide('ai-sdk')).toHaveLength(10)
    expect(ofSide('toolwire')).toHaveLength(10)
    for (const line of ofSide('toolwire')) expect(line).not.toMatch(/stuck|no request|forgotten/)
    expect(stdout).toMatch(
      /Reload the tab while the tool runs\n.*\n {2}toolwire +runs: publish_page 1× +results: publish_page 1 \(unknown\) +ended/,
    )
  },
)
