import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type Outcome,
  type SuiteTest,
  alone,
  drafts,
  hasSuite,
  ours,
  remotesOf,
  testsOf,
} from './json-schema-suite.ts'

/** How many required tests the library passes alone, with the remote documents added. */
const passedAlone = { '2020-12': [1256, 1299], '7': [921, 927] }

const page = path.resolve(import.meta.dirname, '../../docs/json-schema-misses.md')

describe.skipIf(!hasSuite).each(drafts)(
  'JSON Schema suite, draft $name (skipped where ../shared/material is absent)',
  async (draft) => {
    const results = hasSuite ? await run() : []

    async function run(): Promise<
      readonly { test: SuiteTest; library: Outcome; outcome: Outcome }[]
    > {
      const remotes = remotesOf(draft)
      return Promise.all(
        testsOf(draft).map(async (one) => ({
          test: one,
          library: alone(one, draft, remotes),
          outcome: await ours(one, draft, remotes),
        })),
      )
    }

    const isDynamic = ({ schema }: SuiteTest): boolean => /"\$dynamic/.test(JSON.stringify(schema))
    const name = ({ file, description }: SuiteTest): string => `${file}: ${description}`

    test('the library alone passes as many as we think', () => {
      const passed = results.filter(({ library }) => library === 'right')
      expect([passed.length, results.length]).toEqual(passedAlone[draft.name])
    })

    test('we pass all that it passes, but for dynamic references, which are refused', () => {
      const lost = results.filter(
        ({ library, outcome }) => library === 'right' && outcome !== 'right',
      )
      const others = lost.filter(
        ({ test: one, outcome }) =>
          outcome !== 'schema refused' || !(isDynamic(one) || one.file === 'dynamicRef.json'),
      )
      expect(others.map(({ test: one }) => name(one))).toEqual([])
    })

    test('nothing is wrongly accepted, and what the library wrongly accepts is refused or right', () => {
      expect(results.filter(({ outcome }) => outcome === 'value wrongly accepted')).toEqual([])
      const traps = results.filter(({ library }) => library === 'value wrongly accepted')
      expect(traps).toHaveLength(draft.name === '7' ? 1 : 18)
      for (const { test: one, outcome } of traps)
        expect([name(one), outcome]).toEqual([
          name(one),
          draft.name === '7' ? 'right' : 'schema refused',
        ])
    })

    test('nothing throws but a refused schema', () => {
      expect(results.filter(({ outcome }) => outcome === 'threw')).toEqual([])
    })

    test('docs/json-schema-misses.md lists every miss, and no other', () => {
      const section = readFileSync(page, 'utf8')
        .split(`## Draft ${draft.name}\n`)[1]
        ?.split('\n## ')[0]
      const listed = [...(section ?? '').matchAll(/^- `(.*)` \((.*)\)$/gm)]
      expect(listed.map(([, what, how]) => `${what} (${how})`)).toEqual(
        results
          .filter(({ outcome }) => outcome !== 'right')
          .map(({ test: one, outcome }) => `${name(one)} (${outcome})`),
      )
    })
  },
)
