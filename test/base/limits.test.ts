import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkForeignValue, parseForeignJson } from '../../src/base/index.ts'

const material = path.resolve(import.meta.dirname, '../../../shared/material/generated')

describe('JSON of a stranger', () => {
  test('passes when it is ordinary', () => {
    expect(parseForeignJson('{"a":[1,"x",null,{"b":false}]}')).toEqual({
      a: [1, 'x', null, { b: false }],
    })
  })

  test('is refused when it is no JSON, too deep, too wide, or names a prototype', () => {
    const refused = [
      '{"a":',
      '['.repeat(100_000) + ']'.repeat(100_000),
      `[${'0,'.repeat(60_000)}0]`,
      '{"__proto__":{"admin":true}}',
      String.raw`{"a":[{"\u005f_proto__":1}]}`,
      `{"${'k'.repeat(300)}":1}`,
    ]
    for (const text of refused)
      expect(() => parseForeignJson(text)).toThrow(
        expect.objectContaining({ code: 'FRAME_INVALID' }),
      )
  })

  test('leaves keys alone that only look dangerous', () => {
    expect(parseForeignJson('{"constructor":1,"toString":2}')).toEqual({
      constructor: 1,
      toString: 2,
    })
  })

  test('from a structured clone is held to the same', () => {
    expect(() => checkForeignValue(JSON.parse('{"__proto__":1}'))).toThrow(/__proto__/)
    expect(() => checkForeignValue({ a: new Map() })).not.toThrow()
  })

  test.skipIf(!existsSync(material))(
    'of the bombs in shared/material never hangs (skipped where absent)',
    () => {
      const read = (file: string): string => readFileSync(path.join(material, file), 'utf8')
      for (const bomb of ['depth-1k.json', 'depth-10k.json', 'depth-100k.json', 'keys-300k.json'])
        expect(() => parseForeignJson(read(bomb))).toThrow(
          expect.objectContaining({ code: 'FRAME_INVALID' }),
        )
      const texts: readonly string[] = JSON.parse(read('proto-keys.json'))
      for (const text of texts.filter((each) =>
        Object.hasOwn(Object(JSON.parse(each)), '__proto__'),
      ))
        expect(() => parseForeignJson(text)).toThrow(/__proto__/)
    },
  )
})
