// Frames in parts [P88].
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ServerFrame,
  parseServerFrame,
  partJoiner,
  partsOf,
} from '../../src/protocol/index.ts'

const snap = (text: string): ServerFrame => ({ k: 'snap', s: 7, state: { text } })
const ping: ServerFrame = { k: 'ping', s: 3 }

describe('a frame in parts', () => {
  test('is itself where it is short', () => {
    expect(partsOf(snap('short'))).toEqual([snap('short')])
  })

  test('comes out as it went in, whatever it holds and wherever it is cut, with other frames between', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 20_000 }),
        (unit, times) => {
          const frame = snap(unit.repeat(times))
          const parts = partsOf(JSON.parse(JSON.stringify(frame)) as ServerFrame)
          const joined = partJoiner()
          const seen = parts.flatMap((part) => [
            joined(JSON.parse(JSON.stringify(part))),
            joined(ping),
          ])
          expect(seen.filter((one) => parseServerFrame(one) !== null && one !== ping)).toEqual([
            frame,
          ])
        },
      ),
      { numRuns: 50 },
    )
  })

  test('is no longer than a part may be, but for what JSON makes of it', () => {
    const parts = partsOf(snap('x'.repeat(1_000_000)))
    expect(parts.length).toBeGreaterThan(10)
    for (const part of parts) expect(JSON.stringify(part).length).toBeLessThan(70_000)
  })

  test('that is no frame yet is nothing to whoever reads frames', () => {
    const [first] = partsOf(snap('x'.repeat(100_000)))
    expect(parseServerFrame(partJoiner()(first))).toBe(null)
  })
})
