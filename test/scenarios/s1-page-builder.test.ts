// S1: a page builder edits and uploads, and the user stops it at 40 %.
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { isTerminal } from '../../src/protocol/index.ts'
import type { ScriptStep } from '../../src/testing/index.ts'
import { type HtmlPage, htmlPage } from '../../src/toolkits/page-file.ts'
import { pagePreview, pageTools } from '../../src/toolkits/page.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { wires } from '../attacks/rig.ts'
import { gate } from '../http/scripted.ts'
import { isOver, stage } from './stage.ts'

const before = 'Water once.'
const after = 'Leave for three weeks. '.repeat(90).trim()
const done: ScriptStep = { text: 'Done.' }

/** A page, a place for files, and the tools that a model has for both. */
class Builder {
  readonly page: HtmlPage = htmlPage(`<h1 id="hero-title">${before}</h1>`)
  /** Bytes by name. */
  readonly assets: Map<string, number> = new Map()
  uploads = 0
  aborted = 0
  readonly tools: readonly AnyTool[]

  /** Uploads of `size` bytes, which wait at 40 % for their end where they are `slow`. */
  constructor({ isSlow }: { isSlow: boolean }) {
    const upload = defineTool({
      name: 'upload_asset',
      description: 'Uploads a file that the user chose.',
      inputSchema: z.object({ name: z.string() }),
      permission: 'assets:write',
      rateLimit: { limit: 5, windowMs: 60_000, by: 'user' },
      execute: async ({ name }, { signal, progress }) => {
        this.uploads++
        for (const percent of [10, 20, 30, 40]) {
          this.assets.set(name, percent * 100)
          progress({ percent })
        }
        if (isSlow)
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        if (signal.aborted) this.aborted++
        else this.assets.set(name, 10_000)
        return { name, uploadedBytes: this.assets.get(name) }
      },
      undo: ({ name }) => void this.assets.delete(name),
    })
    this.tools = [...pageTools({ page: this.page }), upload]
  }

  get title(): string {
    const [title] = this.page.query('#hero-title')
    return title ? this.page.text(title) : ''
  }

  get schemas(): readonly AnyTool[] {
    return this.tools.map((tool) => tool.withoutExecute())
  }
}

const edit = { toolName: 'modify_element', input: { target: '#hero-title', text: after } }
const upload = (name: string) => ({ toolName: 'upload_asset', input: { name } })

describe.each(Object.entries(wires))('S1 over %s', (_, wire) => {
  test('the edit shows while it is written, Stop at 40 % keeps what is there, and undo takes both back', async () => {
    const builder = new Builder({ isSlow: true })
    const rest = gate()
    let pieces = 0
    const scene = await stage(wire, {
      tools: builder.schemas,
      permissions: () => true,
      steps: [{ toolCalls: [edit, upload('bg.png')], deltaChars: 16 }, done],
      pace: async ({ type }) => {
        if (type === 'tool-input-delta' && ++pieces === 60) await rest.passed
      },
    })
    const { client } = scene.open({ tools: builder.tools })
    const endPreview = pagePreview(client, builder.page)
    const stateOf = (name: string) =>
      client.getSnapshot().calls.find((one) => one.toolName === name)

    // What is shown is told once a frame, and progress a few times a second.
    const later = async (isIt: () => boolean): Promise<void> => {
      while (!isIt()) await scene.pass(50)
    }
    const sent = client.send('A new title, and a picture behind it.')
    await later(() => builder.title !== before)
    expect(after).toContain(builder.title)
    expect(builder.title.length).toBeLessThan(after.length)
    expect(stateOf('modify_element')?.state).toBe('input-streaming')

    rest.open()
    await sent
    await later(() => (stateOf('upload_asset')?.progress as { percent?: number })?.percent === 40)
    await later(() => stateOf('modify_element')?.state === 'output-available')
    expect(builder.title).toBe(after)
    await client.stop()
    await later(() => isOver(client.getSnapshot()))
    expect(client.getSnapshot().calls).toMatchObject([
      { toolName: 'modify_element', state: 'output-available', undo: { state: 'possible' } },
      { toolName: 'upload_asset', state: 'cancelled', output: { uploadedBytes: 4_000 } },
    ])
    expect([builder.aborted, scene.model.requests.length]).toEqual([1, 1])

    await client.send('Go on.')
    await later(() => isOver(client.getSnapshot()))
    expect(client.getSnapshot().messages.at(-1)?.parts).toMatchObject([{ text: 'Done.' }])
    await client.undo(stateOf('modify_element')?.undo?.turnId ?? '')
    expect([builder.title, [...builder.assets]]).toEqual([before, []])
    endPreview()
    await scene.check()
  })

  test('the sixth upload in a minute is refused and says when to come back', async () => {
    const builder = new Builder({ isSlow: false })
    const six = Array.from({ length: 6 }, (__, n) => upload(`${n}.png`))
    const scene = await stage(wire, {
      tools: builder.schemas,
      permissions: () => true,
      steps: [{ toolCalls: six }, done, { toolCalls: [upload('again.png')] }, done],
    })
    const { client } = scene.open({ tools: builder.tools })
    const over = () => scene.until(() => isOver(client.getSnapshot()))
    await client.send('Upload all six.')
    await over()
    const { calls } = client.getSnapshot()
    expect(calls.every(({ state }) => isTerminal(state))).toBe(true)
    const refused = calls.filter(({ errorCode }) => errorCode === 'rate-limited')
    expect([builder.uploads, refused.length]).toEqual([5, 1])
    const retryAfterMs = refused[0]?.retryAfterMs ?? 0
    expect(retryAfterMs).toBeGreaterThan(0)
    expect(retryAfterMs).toBeLessThanOrEqual(60_000)
    await scene.pass(retryAfterMs)
    await client.send('Once more.')
    await over()
    expect(builder.uploads).toBe(6)
    await scene.check()
  })

  test('who has not the permission is denied it, and nothing is uploaded', async () => {
    const builder = new Builder({ isSlow: false })
    const scene = await stage(wire, {
      tools: builder.schemas,
      permissions: (__, permission) => permission !== 'assets:write',
      steps: [{ toolCalls: [edit, upload('bg.png')] }, done],
    })
    const { client } = scene.open({ tools: builder.tools })
    await client.send('A new title, and a picture behind it.')
    await scene.until(() => isOver(client.getSnapshot()))
    expect(client.getSnapshot().calls).toMatchObject([
      { state: 'output-available' },
      { state: 'denied', errorCode: 'not-permitted' },
    ])
    expect([builder.title, builder.uploads]).toEqual([after, 0])
    await scene.check()
  })
})
