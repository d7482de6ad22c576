import { describe, expect, test } from 'vitest'
import { draftOf } from '../../../src/engine/repair/call-draft.ts'
import { applyStages } from '../../../src/engine/repair/stages.ts'
import type { RepairStage } from '../../../src/protocol/index.ts'

const names = ['get_weather', 'get_time', 'glob']
const every: readonly RepairStage[] = [
  'code-fence',
  'double-encoded',
  'tolerant-syntax',
  'split',
  'parallel-wrapper',
  'tool-name',
]

/** The calls that are made of one, each as its name, its input and the stages that it took. */
function stagesOf(
  toolName: string,
  inputText: string,
  stages: readonly RepairStage[] = every,
): unknown[] {
  let input
  try {
    input = JSON.parse(inputText)
  } catch {
    // Then a stage has to read it.
  }
  const draft = draftOf({ toolName, inputText, ...(input && { input }) }, false)
  return applyStages(draft, { stages: new Set(stages), names }).map((call) => [
    call.toolName,
    call.input ?? call.unread?.problem,
    ...call.repairs.map(({ stage }) => stage),
  ])
}

const uses = (...calls: readonly (readonly [unknown, unknown])[]): string =>
  JSON.stringify({
    tool_uses: calls.map(([recipient_name, parameters]) => ({ recipient_name, parameters })),
  })
const weather = ['functions.get_weather', { city: 'Rome' }] as const
const time = ['functions.get_time', { tz: 'UTC' }] as const

describe('a wrapper of parallel calls', () => {
  test('becomes its calls, in order', () => {
    for (const name of [
      'multi_tool_use.parallel',
      'multi_tool_use_parallel',
      'functions.multi_tool_use.parallel',
    ])
      expect(stagesOf(name, uses(weather, time))).toEqual([
        ['get_weather', { city: 'Rome' }, 'parallel-wrapper'],
        ['get_time', { tz: 'UTC' }, 'parallel-wrapper'],
      ])
  })

  test('says in each call what it was made of', () => {
    const inputText = uses(weather, time)
    const draft = draftOf(
      { toolName: 'multi_tool_use.parallel', inputText, input: JSON.parse(inputText) },
      false,
    )
    const [, second] = applyStages(draft, { stages: new Set(every), names })
    expect(second?.repairs).toEqual([
      {
        stage: 'parallel-wrapper',
        reason: 'unknown-tool',
        before: { toolName: 'multi_tool_use.parallel', inputText },
        after: { toolName: 'get_time', inputText: '{"tz":"UTC"}' },
      },
    ])
  })

  test('is read first where it has to be, and its names are looked for', () => {
    const text = `{tool_uses:[{recipient_name:'GetWeather',parameters:{city:'Rome'}},]}`
    expect(stagesOf('multi_tool_use.parallel', text)).toEqual([
      ['get_weather', { city: 'Rome' }, 'tolerant-syntax', 'parallel-wrapper'],
    ])
    expect(
      stagesOf('multi_tool_use.parallel', text, ['tolerant-syntax', 'parallel-wrapper']),
    ).toEqual([
      [
        'multi_tool_use.parallel',
        JSON.parse(uses(['GetWeather', { city: 'Rome' }])),
        'tolerant-syntax',
      ],
    ])
    expect(
      stagesOf('multi_tool_use.parallel', uses(weather, ['glob', {}]), ['parallel-wrapper']),
    ).toEqual([
      ['get_weather', { city: 'Rome' }, 'parallel-wrapper'],
      ['glob', {}, 'parallel-wrapper'],
    ])
  })

  test.each([
    ['a recipient that is not there', uses(weather, ['functions.nope', {}])],
    [
      'a recipient that is a wrapper',
      uses(weather, ['multi_tool_use.parallel', { tool_uses: [] }]),
    ],
    ['a recipient that is no name', uses(weather, [7, {}])],
    ['parameters that are no object', uses(weather, ['glob', '{}'])],
    ['no parameters', '{"tool_uses":[{"recipient_name":"glob"}]}'],
    ['a call with more in it', '{"tool_uses":[{"recipient_name":"glob","parameters":{},"id":1}]}'],
    ['more than calls', '{"tool_uses":[{"recipient_name":"glob","parameters":{}}],"note":"x"}'],
    ['no call', '{"tool_uses":[]}'],
    ['no list', '{"tool_uses":{"recipient_name":"glob","parameters":{}}}'],
    ['what is no call', '{"tool_uses":["glob"]}'],
    ['too many calls', uses(...Array.from({ length: 33 }, () => time))],
    ['calls of too much', uses(time, ['glob', { pattern: 'x'.repeat(300_000) }])],
  ])('stays what it is with %s', (_, inputText) => {
    const name = 'multi_tool_use.parallel'
    expect(stagesOf(name, inputText)).toEqual([[name, JSON.parse(inputText)]])
  })

  test('is a tool like any other where there is a tool of its name, or the stage is off', () => {
    const text = uses(weather)
    const draft = draftOf(
      { toolName: 'multi_tool_use.parallel', inputText: text, input: JSON.parse(text) },
      false,
    )
    const options = { stages: new Set(every), names: [...names, 'multi_tool_use.parallel'] }
    expect(applyStages(draft, options)).toEqual([draft])
    expect(applyStages(draft, { stages: new Set(['tool-name']), names })).toEqual([draft])
  })
})

describe('several inputs', () => {
  test('become calls of the same tool', () => {
    expect(stagesOf('Glob', '{"a":1}{"a":2,}')).toEqual([
      ['glob', { a: 1 }, 'tolerant-syntax', 'split', 'tool-name'],
      ['glob', { a: 2 }, 'tolerant-syntax', 'split', 'tool-name'],
    ])
  })

  test('stay one call that cannot be read where there are too many, or too much', () => {
    expect(stagesOf('glob', '{"a":1}'.repeat(32))).toHaveLength(32)
    expect(stagesOf('glob', '{"a":1}'.repeat(33))).toEqual([['glob', 'malformed']])
    const much = `{"a":"${'x'.repeat(300_000)}"}`
    expect(stagesOf('glob', much + much)).toEqual([['glob', 'malformed']])
  })
})

describe('a name', () => {
  test('is found, also where the input cannot be read', () => {
    expect(stagesOf('functions.glob', '{}')).toEqual([['glob', {}, 'tool-name']])
    expect(stagesOf('functions.glob', '{"a":Dave}')).toEqual([['glob', 'malformed', 'tool-name']])
    expect(stagesOf('functions.glob', '{}', ['code-fence'])).toEqual([['functions.glob', {}]])
  })

  test('is left alone where the input is cut', () => {
    expect(stagesOf('functions.glob', '{"a":1')).toEqual([['functions.glob', 'truncated']])
    expect(stagesOf('functions.glob', "{'a':'b")).toEqual([['functions.glob', 'truncated']])
  })
})

test('nothing is read in an answer that came to its limit', () => {
  const draft = draftOf({ toolName: 'glob', inputText: "{'a':1}" }, true)
  expect(draft.unread?.problem).toBe('truncated')
  expect(applyStages(draft, { stages: new Set(every), names })).toEqual([draft])
})

test('what an adapter refused is refused, whatever its text says', () => {
  for (const problem of ['truncated', 'malformed'] as const) {
    const draft = draftOf({ toolName: 'glob', inputText: '{"a":1}', problem }, false)
    expect(draft.unread?.problem).toBe(problem)
    expect(applyStages(draft, { stages: new Set(every), names })).toEqual([draft])
  }
})

test('an input that cannot be kept is malformed', () => {
  const deep = `{"a":${'['.repeat(300)}${']'.repeat(300)}}`
  for (const inputText of [deep, '{"a":1e999}']) {
    const draft = draftOf({ toolName: 'glob', inputText, input: JSON.parse(inputText) }, false)
    expect(draft).toMatchObject({ unread: { problem: 'malformed' } })
    expect(draft.input).toBeUndefined()
  }
})
