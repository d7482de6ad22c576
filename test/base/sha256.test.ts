import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256 } from '../../src/base/index.ts'

const reference = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

test('the example of FIPS 180-4', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('every length around the block boundaries', () => {
  for (let length = 0; length < 200; length++) {
    const text = 'x'.repeat(length)
    expect(sha256(text), `length ${length}`).toBe(reference(text))
  }
})

test('any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(sha256(text)).toBe(reference(text))
    }),
  )
})

test('a megabyte', () => {
  const text = 'toolwire é漢\u{1f600} '.repeat(50_000)
  expect(sha256(text)).toBe(reference(text))
})
