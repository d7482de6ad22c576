import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { turnNeeds } from '../../src/engine/turn-needs.ts'
import type { Model } from '../../src/ports/index.ts'
import type { Message, MessagePart, ToolPart } from '../../src/protocol/index.ts'
import { type TurnNeeds, type TurnView, createToolServer } from '../../src/server/index.ts'
import type { AnyTool } from '../../src/tools/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { setup } from '../server/setup.ts'
import { call, finish, playedModel, text } from './played-model.ts'

const shot = defineTool({
  name: 'shot',
  description: 'Takes a picture.',
  inputSchema: z.object({}),
  execute: () => ({ taken: true }),
  toModelOutput: () => [{ type: 'image', mediaType: 'image/png', data: 'QUJD' }],
})

const report = defineTool({
  name: 'report',
  description: 'Writes a report.',
  inputSchema: z.object({}),
  execute: () => ({ pages: 3 }),
  toModelOutput: () => [{ type: 'file', mediaType: 'application/pdf', data: 'REVG' }],
})

/** What each step of a turn needs, and the model that steps were asked of. */
async function needsOf(
  model: Model,
  {
    message = 'Hi',
    tools = [],
    system,
  }: {
    readonly message?: Parameters<ReturnType<typeof createToolServer>['run']>[0]['message']
    readonly tools?: readonly AnyTool[]
    readonly system?: string
  } = {},
): Promise<readonly TurnNeeds[]> {
  const seen: TurnNeeds[] = []
  const selectModel = ({ needs }: TurnView): Model => {
    seen.push(needs)
    return model
  }
  const server = createToolServer({ selectModel, tools, ...(system && { system }) })
  await server.run({ message }).result
  await server.close()
  return seen
}

const hello = playedModel('hello', [text('Hello.'), finish()])
const calling = (name: string): Model =>
  playedModel('calling', [...call(name), finish('tool-calls')], [text('Done.'), finish()])

describe('needs', () => {
  test('of a plain question are few', async () => {
    expect(await needsOf(hello)).toEqual([{ tools: false, images: false, files: false, chars: 2 }])
  })

  test('are tools where tools are offered now', async () => {
    const [needs] = await needsOf(hello, { tools: [shot] })
    expect(needs?.tools).toBe(true)
    // Nobody is there who runs it.
    const [without] = await needsOf(hello, { tools: [shot.withoutExecute()] })
    expect(without?.tools).toBe(false)
  })

  test('are images and files where a person sends them', async () => {
    const image = {
      type: 'file',
      mediaType: 'image/png',
      url: 'data:image/png;base64,QUJD',
    } as const
    const file = { ...image, mediaType: 'text/csv' }
    const [ofImage] = await needsOf(hello, { message: [image] })
    const [ofFile] = await needsOf(hello, { message: [file] })
    const [ofBoth] = await needsOf(hello, { message: [image, file] })
    expect(ofImage).toMatchObject({ images: true, files: false })
    expect(ofFile).toMatchObject({ images: false, files: true })
    expect(ofBoth).toMatchObject({ images: true, files: true })
    // Pictures are not counted in characters.
    expect(ofImage?.chars).toBe(0)
  })

  test('are images and files where a result holds them, from the step after on', async () => {
    const ofShot = await needsOf(calling('shot'), { tools: [shot] })
    expect(ofShot.map(({ images, files }) => [images, files])).toEqual([
      [false, false],
      [true, false],
    ])
    const ofReport = await needsOf(calling('report'), { tools: [report] })
    expect(ofReport.map(({ images, files }) => [images, files])).toEqual([
      [false, false],
      [false, true],
    ])
  })

  test('grow by what is sent: system text, tools, messages, inputs and results', async () => {
    const chars = async (...about: Parameters<typeof needsOf>): Promise<readonly number[]> =>
      (await needsOf(...about)).map((needs) => needs.chars)
    expect(await chars(hello, { message: 'x'.repeat(1_000) })).toEqual([1_000])
    expect(await chars(hello, { system: 's'.repeat(500) })).toEqual([502])
    const [withTool = 0] = await chars(hello, { tools: [shot] })
    expect(withTool).toBe(2 + JSON.stringify(shot.descriptor).length)
    const echo = (more: object): AnyTool =>
      defineTool({
        name: 'echo',
        description: 'Echoes.',
        inputSchema: z.object({}),
        execute: () => 'y'.repeat(3_000),
        ...more,
      })
    const [before = 0, after = 0] = await chars(calling('echo'), { tools: [echo({})] })
    expect(after - before).toBeGreaterThanOrEqual(3_000)
    expect(after - before).toBeLessThan(3_100)
    const capped = echo({ maxModelOutputChars: 100 })
    const [less = 0, more = 0] = await chars(calling('echo'), { tools: [capped] })
    // The model sees its own view of an output, and so does whoever counts.
    // What it is read on with is offered then, too.
    expect(more - less).toBeLessThan(800)
  })

  test('choose a model: the cheap one until a picture comes', async () => {
    const cheap = playedModel('cheap', [...call('shot'), finish('tool-calls')])
    const seeing = playedModel('seeing', [text('A cat.'), finish()])
    const { say, client, end } = setup({
      steps: [],
      serverTools: [shot],
      selectModel: ({ needs }) => (needs.images ? seeing : cheap),
    })
    await say('What is on the screen?')
    expect(
      client
        .getSnapshot()
        .messages.slice(1)
        .map(({ metadata }) => metadata.model),
    ).toEqual(['cheap', 'seeing'])
    await end()
  })

  test('are known to a stop condition too', async () => {
    const seen: number[] = []
    const server = createToolServer({
      model: calling('shot'),
      tools: [shot],
      stopWhen: ({ needs }) => {
        seen.push(needs.chars)
        return needs.images
      },
    })
    const { reason } = await server.run({ message: 'Hi' }).result
    expect(reason).toBe('stop-condition')
    expect(seen).toHaveLength(1)
    await server.close()
  })
})

test('a long history is measured once, not at each step', async () => {
  let reads = 0
  // A result that counts how often it is turned into text.
  const counted = { toJSON: () => (reads++, 'x'.repeat(10)) }
  const big = defineTool({
    name: 'big',
    description: 'Gives much.',
    inputSchema: z.object({}),
    execute: () => 1,
    toModelOutput: () => [{ type: 'json', value: counted as never }],
  })
  const steps = 12
  const many = playedModel(
    'many',
    ...Array.from({ length: steps }, (_, n) => [...call('big', `c${n}`), finish('tool-calls')]),
    [text('Done.'), finish()],
  )
  const seen: number[] = []
  const server = createToolServer({
    selectModel: ({ needs }) => {
      seen.push(needs.chars)
      return many
    },
    tools: [big],
    budgets: { maxRepeats: 100 },
  })
  await server.run({ message: 'Hi' }).result
  expect(seen).toHaveLength(steps + 1)
  expect(seen.at(-1)).toBeGreaterThan(seen[0]!)
  // Once each to see whether it has to be cut, and once to measure it.
  expect(reads).toBeLessThanOrEqual(steps + 1)
  await server.close()
})

describe('what is counted of', () => {
  const message = (...parts: readonly MessagePart[]): Message => ({
    id: 'm',
    role: 'assistant',
    parts,
    metadata: {},
  })
  const chars = (...parts: readonly MessagePart[]): number =>
    turnNeeds({ system: undefined, tools: [], messages: [message(...parts)] }).chars
  const toolPart = (more: Partial<ToolPart>): ToolPart => ({
    type: 'tool',
    toolCallId: 'c',
    toolName: 't',
    state: 'output-available',
    timings: {},
    ...more,
  })

  test.each<[string, MessagePart, number]>([
    ['a text', { type: 'text', text: 'x'.repeat(7) }, 7],
    ['a refusal', { type: 'refusal', text: 'x'.repeat(7) }, 7],
    ['reasoning, whose state goes back in its place', { type: 'reasoning', text: 'xxx' }, 0],
    ['state of a provider', { type: 'provider-state', format: 'f', state: { a: 'xx' } }, 10],
    ['an input', toolPart({ input: { a: 1 } }), 7],
    ['an input that could not be read', toolPart({ inputText: '{"a":' }), 5],
    ['an output', toolPart({ output: { a: 1 } }), 7],
    ['an output that is a text', toolPart({ output: 'xxx' }), 3],
    ['an error', toolPart({ state: 'output-error', errorText: 'xxxx' }), 4],
    ['the view of the model', toolPart({ output: 'x'.repeat(99), modelOutput: [] }), 0],
  ])('%s', (_, part, expected) => {
    expect(chars(part)).toBe(expected)
    expect(chars(part, part)).toBe(2 * expected)
  })

  test('a message that was counted before is not looked at again', () => {
    let reads = 0
    const seen: Message = {
      ...message(),
      get parts(): readonly MessagePart[] {
        reads++
        return [{ type: 'text', text: 'xyz' }]
      },
    }
    for (let n = 0; n < 3; n++)
      expect(turnNeeds({ system: undefined, tools: [], messages: [seen, seen] }).chars).toBe(6)
    expect(reads).toBe(1)
  })
})
