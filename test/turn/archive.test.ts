import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/protocol/index.ts'
import { archiveFacts, oncePerPair } from '../../src/turn/archive.ts'

const message = (id: string): Message => ({ id, role: 'user', parts: [], metadata: {} })

function counted() {
  const looks = { count: 0 }
  const idsOf = archiveFacts(
    (): string[] => [],
    (ids, { id }) => {
      looks.count++
      ids.push(id)
    },
  )
  return { looks, idsOf }
}

describe('facts of an archive', () => {
  test('are learned from each message once, however often the archive grew', () => {
    const { looks, idsOf } = counted()
    let archive: readonly Message[] = []
    for (let n = 0; n < 100; n++) {
      archive = [...archive, message(`a${n}`), message(`b${n}`)]
      expect(idsOf(archive)).toHaveLength(2 * (n + 1))
      idsOf(archive)
    }
    expect(looks.count).toBe(200)
    expect(idsOf(archive)).toEqual(archive.map(({ id }) => id))
  })

  test('are those of the list that is asked about, also where it lost its end or has another', () => {
    const { idsOf } = counted()
    const [a, b, c, d] = [message('a'), message('b'), message('c'), message('d')]
    expect(idsOf([a, b, c])).toEqual(['a', 'b', 'c'])
    expect(idsOf([a, b])).toEqual(['a', 'b'])
    expect(idsOf([a, d, c])).toEqual(['a', 'd', 'c'])
    expect(idsOf([a, b, d])).toEqual(['a', 'b', 'd'])
    expect(idsOf([])).toEqual([])
    expect(idsOf([b, a])).toEqual(['b', 'a'])
  })
})

test('what is made of a pair is made once, and anew for another pair', () => {
  let made = 0
  const pair = oncePerPair((a: readonly number[], b: readonly number[]) => [++made, ...a, ...b])
  const [one, two, three] = [[1], [2], [3]]
  expect(pair(one, two)).toBe(pair(one, two))
  expect(pair(one, three)).toEqual([2, 1, 3])
  expect(pair(one, two)).toEqual([1, 1, 2])
})
