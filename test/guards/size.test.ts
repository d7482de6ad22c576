import { describe, expect, test } from 'vitest'
import { desk, sides } from './desk.ts'

/** An object that is nested so deep. */
function nested(depth: number): object {
  let value: object = {}
  for (let n = 1; n < depth; n++) value = { value }
  return value
}

describe.each(sides)('a tool on the %s', (side) => {
  test('is not asked to take more than the limits allow', async () => {
    for (const [limits, input, why] of [
      [{ maxInputBytes: 100 }, { text: 'é'.repeat(60) }, '131 bytes of at most 100'],
      [{ maxDepth: 5 }, nested(6), 'nested deeper than 5'],
    ] as const) {
      const it = desk({ side, input: () => input, server: { limits } })
      expect(await it.call()).toMatchObject([
        {
          state: 'output-error',
          errorCode: 'input-too-large',
          errorText: `Not run: the input is too large (${why}). Pass less at once, or a reference to it.`,
          errorForUser: '"Work" was asked to take more than it may.',
        },
      ])
      expect(it.runs).toEqual([])
      await it.end()
    }
  })

  test('that gives back more than the limits allow has run, and its output is dropped', async () => {
    for (const [limits, output, why] of [
      [{ maxOutputBytes: 1_000 }, 'x'.repeat(1_000), '1002 bytes of at most 1000'],
      [{ maxOutputBytes: 1_000 }, { bell: '\u0007'.repeat(200) }, '1211 bytes of at most 1000'],
      [{ maxOutputBytes: 1_000 }, Array(500).fill(-0.5), '2501 bytes of at most 1000'],
      [{ maxDepth: 5 }, nested(6), 'nested deeper than 5'],
      [{ maxDepth: 2 }, [[['deep']]], 'nested deeper than 2'],
    ] as const) {
      const it = desk({ side, execute: () => output, server: { limits } })
      const [call] = await it.call()
      expect(call).toMatchObject({
        state: 'output-error',
        errorCode: 'output-too-large',
        errorText: `The tool ran, but its output is too large (${why}) and was dropped. Ask it for less at once.`,
        errorForUser: '"Work" gave back more than may be kept.',
      })
      expect(call).not.toHaveProperty('output')
      expect(it.runs).toHaveLength(1)
      await it.end()
    }
  })

  test('takes and gives what is just as large as the limits allow', async () => {
    const limits = { maxInputBytes: 131, maxOutputBytes: 1_002, maxDepth: 1 }
    const it = desk({
      side,
      input: () => ({ text: 'é'.repeat(60) }),
      execute: () => 'x'.repeat(1_000),
      server: { limits },
    })
    expect(await it.call()).toMatchObject([{ state: 'output-available' }])
    await it.end()
  })
})
