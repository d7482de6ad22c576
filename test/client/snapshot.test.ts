import { expect, test } from 'vitest'
import * as z from 'zod'
import { type Snapshot, type ToolClient, createToolClient } from '../../src/client/index.ts'
import type { ToolPart } from '../../src/protocol/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { type ScriptStep, scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/memory.ts'

/** A page whose frames a test paints. */
class Page {
  readonly client: ToolClient
  readonly world = virtualClock()
  readonly #due: (() => void)[] = []
  readonly #server: ReturnType<typeof createToolServer>

  constructor(steps: readonly ScriptStep[], tools: readonly AnyTool[] = [], isPainted = true) {
    const { world } = this
    const transport = memoryTransport()
    this.#server = createToolServer({
      world,
      model: scriptedModel(steps),
      tools: tools.map((tool) => tool.withoutExecute()),
    })
    this.#server.accept(transport, { id: 'me' })
    const painted = { ...world, onFrame: (task: () => void) => void this.#due.push(task) }
    this.client = createToolClient({ transport, tools, world: isPainted ? painted : world })
  }

  /** Paints until nothing is left to paint; answers how many frames that took. */
  async paint(): Promise<number> {
    await this.world.settle()
    let frames = 0
    for (; this.#due.length > 0; frames++) {
      for (const task of this.#due.splice(0)) task()
      await this.world.settle()
    }
    return frames
  }

  async close(): Promise<void> {
    this.client.close()
    await this.#server.close()
    await this.paint()
  }
}

function call(snapshot: Snapshot, at: number): ToolPart {
  const found = snapshot.calls[at]
  if (!found) throw new Error(`There is no call ${at}.`)
  return found
}

test('a listener hears once in a frame of all that came until then, and finds all of it', async () => {
  const text = 'word '.repeat(2_000)
  const page = new Page([{ text, deltaChars: 5 }])
  let told = 0
  page.client.subscribe(() => told++)
  await page.paint()
  told = 0
  await page.client.send('Go')
  const frames = await page.paint()
  expect(told).toBe(frames)
  expect(frames).toBeLessThan(5)
  expect(page.client.getSnapshot().messages.at(-1)?.parts).toEqual([{ type: 'text', text }])
  await page.close()
})

test('who looks between two frames sees what is so far', async () => {
  const page = new Page([{ text: 'Hello.' }])
  page.client.subscribe(() => {})
  await page.paint()
  const sent = page.client.send('Go')
  expect(page.client.getSnapshot().messages).toMatchObject([{ parts: [{ text: 'Go' }] }])
  await sent
  await page.close()
})

test('where nothing is painted a listener hears as soon as what runs is over', async () => {
  const page = new Page([{ text: 'Hello.' }], [], false)
  await page.world.settle()
  let told = 0
  page.client.subscribe(() => told++)
  const sent = page.client.send('Go')
  expect(told).toBe(0)
  await Promise.resolve()
  expect(told).toBe(1)
  await sent
  await page.world.settle()
  expect(page.client.getSnapshot().status).toBe('ready')
  await page.close()
})

test('nobody is told after they left, and a listener that fails keeps nobody from hearing', async () => {
  const page = new Page([{ text: 'Hello.' }])
  const heard: string[] = []
  page.client.subscribe(() => {
    throw new Error('broken')
  })
  const leave = page.client.subscribe(() => heard.push('left'))
  page.client.subscribe(() => heard.push('stayed'))
  void page.client.send('Go')
  leave()
  await page.paint()
  expect(heard).toContain('stayed')
  expect(heard).not.toContain('left')
  await page.close()
})

test('a part is the same object until it changes, while others stream, progress and end', async () => {
  const work = defineTool({
    name: 'work',
    description: 'Works until it is told to end.',
    inputSchema: z.object({ name: z.string() }),
    readOnly: true,
    execute: ({ name }, { progress, signal }) =>
      new Promise<string>((resolve, reject) => {
        tell.set(name, { progress, end: () => resolve(`${name} is done`) })
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      }),
  })
  const tell = new Map<string, { progress: (update: unknown) => void; end: () => void }>()
  const page = new Page(
    [
      {
        text: 'Two at once.',
        toolCalls: ['a', 'b'].map((name) => ({ toolName: 'work', input: { name } })),
      },
      { text: 'Done.' },
    ],
    [work],
  )
  page.client.subscribe(() => {})
  const look = (): Snapshot => page.client.getSnapshot()
  await page.client.send('Go')
  await page.paint()
  const begun = look()
  expect(look()).toBe(begun)
  tell.get('a')?.progress({ done: 1 })
  await page.paint()
  const progressed = look()
  expect(call(progressed, 0)).toMatchObject({ progress: { done: 1 }, state: 'executing' })
  expect(call(progressed, 0)).not.toBe(call(begun, 0))
  expect(call(progressed, 1)).toBe(call(begun, 1))
  expect(progressed.messages[0]).toBe(begun.messages[0])
  expect(progressed.messages[1]?.parts[0]).toBe(begun.messages[1]?.parts[0])
  tell.get('b')?.end()
  await page.paint()
  const ended = look()
  expect(call(ended, 1)).toMatchObject({ output: 'b is done', state: 'output-available' })
  expect(call(ended, 0)).toBe(call(progressed, 0))
  expect(call(ended, 0)).toBe(ended.messages[1]?.parts[1])
  // A lease that is renewed is nothing to see.
  await page.world.advance(20_000)
  expect(look()).toBe(ended)
  tell.get('a')?.end()
  await page.paint()
  expect(look().status).toBe('ready')
  expect(call(look(), 1)).toBe(call(ended, 1))
  expect(look().messages[0]).toBe(begun.messages[0])
  await page.close()
})

test('what was said before is the same object while the model writes on', async () => {
  const page = new Page([{ reasoning: 'Hm.', text: 'x'.repeat(200), deltaChars: 10 }])
  const seen: Snapshot[] = []
  // Each delta is looked at, however few frames are painted.
  const world = page.world
  await page.client.send('Go')
  for (let n = 0; n < 400 && page.client.getSnapshot().status !== 'ready'; n++) {
    seen.push(page.client.getSnapshot())
    await Promise.resolve()
  }
  await world.settle()
  const drafts = seen.filter(({ messages }) => messages.at(-1)?.parts.length === 2)
  expect(new Set(drafts).size).toBeGreaterThan(3)
  expect(new Set(drafts.map(({ messages }) => messages.at(-1)?.parts[0])).size).toBe(1)
  expect(new Set(drafts.map(({ messages }) => messages[0])).size).toBe(1)
  expect(new Set(drafts.map(({ calls }) => calls)).size).toBe(1)
  await page.close()
})
