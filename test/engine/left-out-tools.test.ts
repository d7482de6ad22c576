import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Model, ToolReport } from '../../src/ports/index.ts'
import { type AnyTool, ToolRegistry, defineTool } from '../../src/tools/index.ts'
import { setup } from '../server/setup.ts'
import {
  type PlayedModel,
  call,
  failing,
  failure,
  finish,
  playedModel,
  text,
} from './played-model.ts'

const tool = (name: string, description = name): AnyTool =>
  defineTool({
    name,
    description,
    inputSchema: z.object({}),
    execute: () => `${name} ran`,
  })

/** A model whose wire takes no tool with one of these names. */
function picky(model: PlayedModel, ...names: readonly string[]): PlayedModel {
  return {
    ...model,
    checkTools: (tools): readonly ToolReport[] =>
      tools
        .filter(({ name }) => names.includes(name))
        .map(({ name }) => ({ toolName: name, leftOut: 'its schema has no end', losses: [] })),
  }
}

const offeredTo = ({ requests }: PlayedModel): readonly (readonly string[])[] =>
  requests.map(({ tools = [] }) => tools.map(({ name }) => name))

describe('a tool that the model cannot be offered', () => {
  const round = [
    [...call('good'), ...call('odd'), finish('tool-calls')],
    [text('Done.'), finish()],
    [text('Again.'), finish()],
  ] as const

  test('is left out, the others go on, and the operator hears of it once', async () => {
    const model = picky(playedModel('fussy', ...round), 'odd')
    const { say, client, errors, end } = setup({
      steps: [],
      model,
      serverTools: [tool('good'), tool('odd')],
    })
    await say('Hi')
    await say('And?')
    expect(offeredTo(model)).toEqual([['good'], ['good'], ['good']])
    const [good, odd] = client.getSnapshot().calls
    expect(good).toMatchObject({ state: 'output-available' })
    expect(odd).toMatchObject({
      state: 'input-invalid',
      errorCode: 'unknown-tool',
      errorText: expect.stringContaining('There is no tool "odd". Available: good.'),
    })
    expect(errors).toMatchObject([
      {
        errorId: expect.stringMatching(/^\w{12}$/),
        modelId: 'fussy',
        toolName: 'odd',
        error: {
          code: 'TOOL_LEFT_OUT',
          message: 'Tool "odd" is not offered to the model "fussy": its schema has no end.',
          hint: expect.stringContaining('choose another model'),
        },
      },
    ])
    await end()
  })

  test('is reported again for another model, and in another version', async () => {
    const tools = new ToolRegistry()
    const takeOut = tools.register(tool('odd'))
    const models = ['a', 'b'].map((id) => picky(playedModel(id, [text('Hm.'), finish()]), 'odd'))
    let turn = 0
    const { say, errors, end } = setup({
      steps: [],
      tools,
      selectModel: () => models[turn++ % 2]!,
    })
    for (let n = 0; n < 4; n++) await say('Hi')
    expect(errors).toMatchObject([{ modelId: 'a' }, { modelId: 'b' }])
    takeOut()
    tools.register(tool('odd', 'Another description.'))
    for (let n = 0; n < 4; n++) await say('Hi')
    expect(errors.slice(2)).toMatchObject([{ modelId: 'a' }, { modelId: 'b' }])
    await end()
  })

  test('is offered to the next model of the list, which may call it', async () => {
    const first = picky(playedModel('first', failing(failure('MODEL_REQUEST'))), 'odd')
    const second = playedModel(
      'second',
      [...call('odd'), finish('tool-calls')],
      [text('Done.'), finish()],
    )
    const { say, client, end } = setup({
      steps: [],
      model: [first, second],
      serverTools: [tool('odd')],
    })
    await say('Hi')
    expect([offeredTo(first)[0], offeredTo(second)[0]]).toEqual([[], ['odd']])
    expect(client.getSnapshot().calls).toMatchObject([{ state: 'output-available' }])
    await end()
  })

  test('is not forced upon the model either', async () => {
    const model = picky(playedModel('fussy', [text('Hm.'), finish()]), 'odd')
    const { say, end } = setup({
      steps: [],
      model,
      serverTools: [tool('good'), tool('odd')],
      toolChoice: { toolName: 'odd' },
    })
    await say('Hi')
    expect(model.requests[0]?.toolChoice).toBe('auto')
    await end()
    const fine = playedModel('fine', [text('Hm.'), finish()])
    const other = setup({
      steps: [],
      model: fine,
      serverTools: [tool('good'), tool('odd')],
      toolChoice: { toolName: 'odd' },
    })
    await other.say('Hi')
    expect(fine.requests[0]?.toolChoice).toEqual({ toolName: 'odd' })
    await other.end()
  })
})

test('losses alone leave no tool out and are no error', async () => {
  const model: PlayedModel & Model = {
    ...playedModel('lossy', [text('Hm.'), finish()]),
    checkTools: () => [
      {
        toolName: 'good',
        losses: [{ path: '/properties/n', keyword: 'minimum', how: 'described' }],
      },
    ],
  }
  const { say, errors, end } = setup({ steps: [], model, serverTools: [tool('good')] })
  await say('Hi')
  expect(offeredTo(model)).toEqual([['good']])
  expect(errors).toEqual([])
  await end()
})

test('a check that throws is a failure of that model, and the next is asked', async () => {
  const first: Model = {
    ...playedModel('first'),
    checkTools: () => {
      throw new TypeError('no such schema')
    },
  }
  const second = playedModel('second', [text('Here.'), finish()])
  const { say, client, errors, end } = setup({ steps: [], model: [first, second] })
  await say('Hi')
  expect(client.getSnapshot().messages[1]?.metadata.model).toBe('second')
  expect(errors).toMatchObject([{ modelId: 'first' }])
  await end()
})
