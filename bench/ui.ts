// Ten thousand deltas into a mounted chat, in a real Chromium and over HTTP, beside useChat of the AI SDK: how often
// does it render, is any text dropped, and does a person who types meanwhile see it at once?
import type { Page } from 'playwright'
import { launchChromium } from '../test/chromium.ts'
import { answer, deltas } from './ui/deltas.ts'
import type { BenchPage, Contender, Measured } from './ui/page.ts'
import { openSite } from './ui/site.ts'

declare const bench: BenchPage

/** In each round every contender has one turn, in another order each time. */
const ROUNDS = 5
const KEYS = 'Typed while the answer streams into the page.'
const KEY_EVERY_MS = 30
/** What we promise: a key is seen within so long, at the 95th percentile. */
const MOST_KEY_MS = 50

const browser = await launchChromium()
if ('reason' in browser) throw new Error(browser.reason)
const site = await openSite()
const measured: Record<Contender, Measured[]> = { toolwire: [], useChat: [] }
const contenders: readonly Contender[] = ['toolwire', 'useChat']
// The first round warms up the server and the browser.
for (let round = -1; round < ROUNDS; round++)
  for (const at of contenders.keys()) {
    const contender = contenders[(at + round + 2) % 2]
    const context = await browser.newContext()
    const result = await turn(await context.newPage(), contender)
    await context.close()
    if (round >= 0) measured[contender].push(result)
  }
await browser.close()
await site.close()

print(`${deltas} deltas, ${KEYS.length} keys; medians of ${ROUNDS} rounds\n`)
for (const contender of contenders) {
  const rows = measured[contender]
  const of = (pick: (row: Measured) => number): string =>
    median(rows.map(pick)).toFixed(0).padStart(6)
  print(
    `  ${contender.padEnd(10)}${of(({ ms }) => ms)} ms  ${of(({ frames }) => frames)} frames  ${of(({ renders }) => renders)} renders, at most ${most(rows)} in one frame   key to frame: median ${keyMs(rows, 0.5)}, p95 ${keyMs(rows, 0.95)} ms`,
  )
}
const { toolwire, useChat } = measured
print('')
goal('at most one render a frame', most(toolwire) <= 1)
goal(
  'no text dropped',
  toolwire.every(({ text }) => text === answer),
)
goal(`keys seen within ${MOST_KEY_MS} ms (p95)`, keyMs95(toolwire) <= MOST_KEY_MS)
goal('keys seen no later than with useChat (p95)', keyMs95(toolwire) <= keyMs95(useChat))
goal(
  'no slower than useChat',
  median(toolwire.map(({ ms }) => ms)) <= median(useChat.map(({ ms }) => ms)),
)

async function turn(page: Page, contender: Contender): Promise<Measured> {
  await page.goto(site.url)
  await page.evaluate((name) => bench.mount(name), contender)
  await page.locator('input').focus()
  const run = page.evaluate(() => bench.run())
  await page.keyboard.type(KEYS, { delay: KEY_EVERY_MS })
  const result = await run
  if ((await page.locator('input').inputValue()) !== KEYS) throw new Error('A key was lost.')
  return result
}

function most(rows: readonly Measured[]): number {
  return Math.max(...rows.map(({ mostInFrame }) => mostInFrame))
}

function keyMs95(rows: readonly Measured[]): number {
  return Number(keyMs(rows, 0.95))
}

function keyMs(rows: readonly Measured[], part: number): string {
  const all = rows.flatMap(({ keysMs }) => keysMs).toSorted((a, b) => a - b)
  return (all[Math.floor((all.length - 1) * part)] ?? Number.NaN).toFixed(1)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** A dot marks what is not reached. Only text that is lost is a fault on any machine. */
function goal(what: string, isReached: boolean): void {
  print(`${isReached ? '✔' : '·'} ${what}`)
  if (!isReached && what === 'no text dropped') process.exitCode = 1
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
