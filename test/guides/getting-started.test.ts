// docs/guides/getting-started.md is followed to the letter, by a script that knows only what stands there.
import process from 'node:process'
import type { BrowserContext } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { createToolServer } from '../../src/server/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { TestBrowser } from '../browser/browser.ts'
import type { FollowedGuide } from './follow-guide.ts'
import { getStarted, guide, text } from './getting-started.ts'
import { readGuide } from './read-guide.ts'
import { RegistryUnreachable } from './shell.ts'

describe('the guide for beginners', () => {
  let browser: TestBrowser
  beforeAll(async () => {
    browser = await TestBrowser.start()
  })
  afterAll(() => browser.close())

  test('takes at most 25 lines, and says itself how many each step takes', () => {
    const steps = guide.steps.map(({ title, lines }) => ({ title, lines }))
    const all = steps.reduce((sum, { lines }) => sum + lines, 0)
    expect(all).toBeLessThanOrEqual(25)
    expect(text).toContain(`: ${all} lines, no key`)
    expect(guide.table).toEqual(steps)
  })

  test(
    'leads from an empty folder to a page that a model paints, and to an app that builds',
    { timeout: 180_000 },
    async ({ skip, signal }) => {
      const context = await browser.context(skip)
      const { steps, seen } = await follow(context, { skip, signal })
      expect(seen).toEqual({
        question: 'What shall I do?',
        // Gold.
        background: 'rgb(255, 215, 0)',
        text: expect.stringMatching(/"paint_page".*"gold".*"output-available".*"Done!"/s),
        errors: [],
      })
      expect(steps.map(({ title }) => title)).toEqual(guide.table.map(({ title }) => title))
    },
  )
})

/** Where npm reaches no registry, nothing can be said of the guide; in CI that is a failure. */
async function follow(
  context: BrowserContext,
  { skip, signal }: { skip: (reason: string) => never; signal: AbortSignal },
): Promise<FollowedGuide> {
  try {
    return await getStarted(context, signal)
  } catch (error) {
    if (error instanceof RegistryUnreachable && !process.env['CI']) return skip(error.message)
    throw error
  }
}

describe('what the guide says of mistakes is what happens', () => {
  const paint = defineTool({
    name: 'paint_page',
    description: 'Paints the page.',
    inputSchema: z.object({}),
    execute: () => {},
  })
  const steps = [{ toolCalls: [{ toolName: 'paint_page' }] }, { text: 'Done!' }]

  test('a list of steps that is played twice', async () => {
    const heard: string[] = []
    const onError = ({ error }: { error: unknown }): void =>
      void (error instanceof Error && heard.push(error.message))
    const server = createToolServer({ model: scriptedModel(steps), tools: [paint], onError })
    await server.run({ message: 'Paint!' }).result
    expect(heard).toEqual([])
    const { reason } = await server.run({ message: 'Paint!' }).result
    await server.close()
    expect(reason).toBe('error')
    expect(text).toContain(`the server logs \`${heard.join()}\``)
  })
})

test('a guide with a block that nobody would try, or that says nowhere where it goes, is refused', () => {
  const block = (before: string, language: string): string =>
    `# A guide\n\n## 1. A step\n\n${before}\n\n\`\`\`${language}\nexport {}\n\`\`\`\n`
  expect(readGuide(block('Write this to `src/a.ts`:', 'ts')).steps).toMatchObject([{ lines: 1 }])
  expect(() => readGuide(block('Write this.', 'ts'))).toThrow('names no file')
  expect(() => readGuide(block('Write this to `src/a.ts`:', 'js'))).toThrow('Nobody would try')
})
