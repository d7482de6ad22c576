// Follows docs/guides/getting-started.md in an empty folder, and prints its table: the steps, lines and seconds.
import process from 'node:process'
import { launchChromium } from '../chromium.ts'
import { getStarted } from './getting-started.ts'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())

const browser = await launchChromium()
if ('reason' in browser) throw new Error(browser.reason)
try {
  const { steps, seen } = await getStarted(await browser.newContext(), interrupted.signal)
  console.log('| step | lines | seconds |\n| --- | --- | --- |')
  for (const { title, lines, seconds } of steps)
    console.log(`| ${title} | ${lines} | ${seconds.toFixed(1)} |`)
  const lines = steps.reduce((sum, step) => sum + step.lines, 0)
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0)
  console.log(`\n${lines} lines in ${seconds.toFixed(1)} s; the page is ${seen.background}`)
} finally {
  await browser.close()
}
