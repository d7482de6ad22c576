import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { ResultPart } from '../../src/protocol/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { type AnyTool, ToolError, ToolRegistry, defineTool } from '../../src/tools/index.ts'
import { type Desk, desk, sides } from './desk.ts'

/** Words that say where they stand. */
const long = Array.from({ length: 3_000 }, (_, n) => `w${n}`).join(' ')

const modelView = async (it: Desk): Promise<readonly ResultPart[]> => {
  const [call] = await it.call()
  return call?.modelOutput ?? []
}

const textIn = (parts: readonly ResultPart[]): string =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

describe.each(sides)('the output of a tool on the %s', (side) => {
  test('goes whole to the app; the model sees head and tail, and how to read on', async () => {
    const it = desk({ side, tool: { maxModelOutputChars: 1_000 }, execute: () => ({ long }) })
    const [call] = await it.call()
    expect(call?.output).toEqual({ long })
    const text = textIn(call?.modelOutput ?? [])
    const json = JSON.stringify({ long })
    expect(text.startsWith(json.slice(0, 500))).toBe(true)
    expect(text.endsWith(json.slice(-500))).toBe(true)
    expect(text).toContain(
      `[… ${json.length - 1_000} of ${json.length} characters left out; to read on: read_result {"result":"${call?.toolCallId}","offset":500} …]`,
    )
    await it.end()
  })

  test('is shown as it is where it is not too long, and kept once', async () => {
    const it = desk({ side, tool: { maxModelOutputChars: long.length }, execute: () => long })
    const [call] = await it.call()
    expect(call?.output).toBe(long)
    expect(call).not.toHaveProperty('modelOutput')
    await it.end()
  })

  test('is cut by the limit of the server where the tool sets none', async () => {
    const it = desk({
      side,
      execute: () => long,
      server: { limits: { maxModelOutputChars: 100 } },
    })
    expect(textIn(await modelView(it)).length).toBeLessThan(300)
    await it.end()
  })

  test('loses no image and no file, whatever else is cut', async () => {
    const media: readonly ResultPart[] = [
      { type: 'image', mediaType: 'image/png', data: 'QUJD'.repeat(1_000) },
      { type: 'file', mediaType: 'application/pdf', data: 'REVG'.repeat(1_000) },
    ]
    const it = desk({
      side,
      tool: {
        maxModelOutputChars: 100,
        toModelOutput: () => [{ type: 'text', text: long }, ...media, { type: 'text', text: long }],
      },
    })
    const view = await modelView(it)
    expect(view.slice(1, 3)).toEqual(media)
    // All text together has the cap: what comes last is left out as a whole.
    expect(textIn(view).replaceAll(/\n?\[… .* …\]\n?/g, '')).toHaveLength(100)
    await it.end()
  })

  test('made of several texts is read on where the first of them was cut', async () => {
    const it = desk({
      side,
      tool: {
        maxModelOutputChars: 100,
        toModelOutput: () =>
          ['a', 'b'].map((letter) => ({ type: 'text', text: letter.repeat(80) })),
      },
    })
    const [first, second] = await modelView(it)
    expect(first).toEqual({ type: 'text', text: 'a'.repeat(80) })
    // The 80 of the first, the break between them, and 10 of the second.
    expect(textIn([second!])).toContain('60 of 80 characters left out')
    expect(textIn([second!])).toContain('"offset":91}')
    await it.end()
  })

  test('is never cut through the middle of a character', async () => {
    const it = desk({ side, tool: { maxModelOutputChars: 6 }, execute: () => '😀'.repeat(20) })
    const text = textIn(await modelView(it))
    expect(() => encodeURIComponent(text)).not.toThrow()
    await it.end()
  })

  test('has a failure instead, whose words are cut as well', async () => {
    const it = desk({
      side,
      tool: { maxModelOutputChars: 1_000 },
      execute: () => {
        throw new ToolError(long)
      },
    })
    expect(await it.call()).toMatchObject([{ errorText: `${long.slice(0, 1_000)} […]` }])
    await it.end()
  })

  test('can be read to its end by the model, page by page, in this turn and later ones', async () => {
    const cap = 5_000
    let offset: number | undefined
    let read = ''
    const offered: boolean[] = []
    const it = desk({
      side,
      execute: () => long,
      tool: { maxModelOutputChars: cap },
      server: {
        model: scriptedModel(({ messages, tools = [] }, { step }) => {
          offered.push(tools.some(({ name }) => name === 'read_result'))
          const parts = messages.flatMap((message) => message.parts)
          const calls = parts.filter((part) => part.type === 'tool')
          const [first] = calls
          const last = calls.at(-1)
          if (!first) return { toolCalls: [{ toolName: 'work', input: {} }] }
          if (last?.toolName === 'read_result' && step > 0) {
            const page = last.output as { text: string; next?: number }
            read += page.text
            offset = page.next
            if (offset === undefined) return { text: 'Done.' }
          } else if (step > 0) return { text: 'Later.' }
          return {
            toolCalls: [
              {
                toolName: 'read_result',
                input: { result: first.toolCallId, ...(offset && { offset }) },
              },
            ],
          }
        }),
      },
    })
    await it.call()
    await it.call(2_000)
    expect(read).toBe(long)
    expect(offered[0]).toBe(false)
    expect(offered.slice(1)).not.toContain(false)
    expect(it.errors).toEqual([])
    await it.end()
  })

  test('that the tool hides from the model cannot be paged through either', async () => {
    const it = desk({
      side,
      execute: () => ({ key: 'hidden', long }),
      tool: {
        maxModelOutputChars: 100,
        toModelOutput: (output: { long: string }) => output.long,
      },
      server: {
        model: scriptedModel(({ messages }, { step }) => {
          const calls = messages
            .flatMap(({ parts }) => parts)
            .filter((part) => part.type === 'tool')
          if (step === 0) return { toolCalls: [{ toolName: 'work', input: {} }] }
          if (step > 1) return { text: 'Done.' }
          const input = { result: calls[0]?.toolCallId ?? '' }
          return { toolCalls: [{ toolName: 'read_result', input }] }
        }),
      },
    })
    const [, page] = await it.call()
    expect(page).toMatchObject({ toolName: 'read_result', state: 'output-available' })
    expect(JSON.stringify(page)).not.toContain('hidden')
    expect(page?.output).toMatchObject({ text: long.slice(0, 100), total: long.length, next: 100 })
    await it.end()
  })

  test('comes in pages that are as long as the model may see, and are not cut themselves', async () => {
    const quotes = '"'.repeat(1_000)
    const it = desk({
      side,
      execute: () => quotes,
      server: {
        limits: { maxModelOutputChars: 100 },
        model: scriptedModel(({ messages }, { step }) => {
          const calls = messages
            .flatMap(({ parts }) => parts)
            .filter((part) => part.type === 'tool')
          if (step === 0) return { toolCalls: [{ toolName: 'work', input: {} }] }
          if (step > 1) return { text: 'Done.' }
          const input = { result: calls[0]?.toolCallId ?? '', offset: 500 }
          return { toolCalls: [{ toolName: 'read_result', input }] }
        }),
      },
    })
    const [, page] = await it.call()
    const output = { text: quotes.slice(0, 100), total: 1_000, next: 600 }
    expect(page?.output).toEqual(output)
    expect(page).not.toHaveProperty('modelOutput')
    await it.end()
  })
})

test("a server whose tools change offers what there is now, and a tool named read_result is the host's", async () => {
  const tools = new ToolRegistry()
  const it = desk({
    side: 'server',
    server: {
      tools,
      model: scriptedModel(({ tools: offered = [] }) => ({
        text: offered.map(({ name }) => name).join(),
      })),
    },
  })
  const define = (name: string): AnyTool =>
    defineTool({ name, description: name, inputSchema: z.object({}), execute: () => 1 })
  const said = async (): Promise<unknown> => {
    await it.call()
    return it.client.getSnapshot().messages.at(-1)?.parts[0]
  }
  const withdraw = tools.register(define('early'))
  expect(await said()).toMatchObject({ text: 'early' })
  tools.register(define('read_result'))
  withdraw()
  expect(await said()).toMatchObject({ text: 'read_result' })
  await it.end()
})

test('what is no result is not read, and the model is told', async () => {
  const it = desk({
    side: 'server',
    execute: () => long,
    tool: { maxModelOutputChars: 100 },
    server: {
      model: scriptedModel([
        { toolCalls: [{ toolName: 'work', input: {} }] },
        { toolCalls: [{ toolName: 'read_result', input: { result: 'another', offset: 0 } }] },
        { toolCalls: [{ toolName: 'read_result', input: { offset: -1 } }] },
        { text: 'Done.' },
      ]),
    },
  })
  const [, unknown, misfit] = await it.call()
  expect(unknown).toMatchObject({ errorCode: 'unknown-result' })
  expect(misfit).toMatchObject({ state: 'input-invalid' })
  await it.end()
})
