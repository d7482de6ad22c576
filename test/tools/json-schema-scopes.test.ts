import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isToolwireError } from '../../src/base/index.ts'
import { jsonSchema } from '../../src/tools/json-schema.ts'
import { isValid } from './json-schema-oracle.ts'

describe('a plain reading of the standard agrees', () => {
  const reference = fc
    .tuple(
      fc.constantFrom('', '', 'root', 'r1', 'r2', 'r3'),
      fc.constantFrom('', '#a', '#b', '#b', '#c', '#/$defs/x'),
    )
    .map(([name, fragment]) => name + fragment || '#')
  const key = fc.constantFrom('k', 'l', 'm')
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      { weight: 1, arbitrary: fc.constantFrom('text', 1) },
      { weight: 4, arbitrary: fc.dictionary(key, tie('value'), { maxKeys: 3 }) },
    ),
  }))
  const follows = fc.tuple(fc.constantFrom('$ref', '$dynamicRef', '$dynamicRef'), reference)
  interface Grammar {
    schema: unknown
    member: unknown
    keywords: object
    map: unknown
  }
  const { keywords } = fc.letrec<Grammar>((tie) => {
    const list = fc.array(tie('schema'), { minLength: 1, maxLength: 2 })
    const keyword = fc.oneof(
      { weight: 1, arbitrary: follows },
      {
        weight: 4,
        arbitrary: fc.tuple(fc.constant('type'), fc.constantFrom('string', 'object', 'object')),
      },
      { weight: 8, arbitrary: fc.tuple(fc.constant('properties'), tie('map')) },
      {
        weight: 6,
        arbitrary: fc.tuple(
          fc.constantFrom('additionalProperties', 'unevaluatedProperties'),
          fc.oneof(fc.constant(false), tie('member')),
        ),
      },
      {
        weight: 4,
        arbitrary: fc.tuple(fc.constantFrom('not', 'if', 'then', 'else'), tie('schema')),
      },
      { weight: 3, arbitrary: fc.tuple(fc.constantFrom('anyOf', 'allOf', 'oneOf'), list) },
      {
        weight: 2,
        arbitrary: fc.tuple(
          fc.constant('dependentSchemas'),
          fc.dictionary(key, tie('schema'), { maxKeys: 2 }),
        ),
      },
    )
    return {
      // Most references are where a value goes deeper, as in place they would mostly go in circles.
      member: fc.oneof(
        tie('schema'),
        follows.map((one) => Object.fromEntries([one])),
      ),
      map: fc.dictionary(key, tie('member'), { minKeys: 1, maxKeys: 3 }),
      keywords: fc
        .array(keyword, { maxLength: 3 })
        .map((pairs): object => Object.fromEntries(pairs)),
      schema: fc.oneof(
        { maxDepth: 3 },
        { weight: 1, arbitrary: fc.boolean() },
        { weight: 5, arbitrary: tie('keywords') },
      ),
    }
  })
  const named = (name: string): fc.Arbitrary<object> =>
    fc
      .tuple(
        keywords,
        fc.constantFrom('$dynamicAnchor', '$dynamicAnchor', '$dynamicAnchor', '$anchor'),
      )
      .map(([schema, kind]) => ({ ...schema, [kind]: name }))
  const resource = fc
    .record({ self: named('a'), x: named('b'), y: named('c') })
    .map(({ self, x, y }) => ({ ...self, $defs: { x, y } }))
  /** Some resources stand among the definitions of the root, and one in the middle of it. */
  const document = fc
    .record({
      root: resource,
      r1: resource,
      r2: resource,
      r3: resource,
      at: fc.constantFrom('then', 'allOf', 'additionalProperties'),
    })
    .map(({ root, r1, r2, r3, at }) => ({
      ...root,
      $id: 'root',
      [at]: at === 'allOf' ? [{ ...r3, $id: 'r3' }] : { ...r3, $id: 'r3' },
      $defs: { ...root.$defs, r1: { ...r1, $id: 'r1' }, r2: { ...r2, $id: 'r2' } },
    }))

  test('wherever dynamic references lead, and whatever unevaluatedProperties sees', () => {
    const seen = { accepted: 0, refused: 0, unclear: 0 }
    fc.assert(
      fc.property(document, fc.array(value, { minLength: 1, maxLength: 6 }), (schema, values) => {
        const own = jsonSchema(schema)['~standard']
        for (const item of values) {
          const verdict = verdictOf(() => own.validate(item))
          seen[verdict] += 1
          if (verdict !== 'unclear') expect(verdict === 'accepted').toBe(isValid(schema, item))
        }
      }),
      { numRuns: 1_000 },
    )
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(200)
  })

  function verdictOf(validate: () => object): 'accepted' | 'refused' | 'unclear' {
    try {
      return 'issues' in validate() ? 'refused' : 'accepted'
    } catch (error) {
      // Most references that chance writes lead nowhere, or in a circle.
      if (isToolwireError(error) && error.code === 'INVALID_SCHEMA') return 'unclear'
      throw error
    }
  }
})
