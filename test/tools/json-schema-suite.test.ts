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

const passedByUs = { '2020-12': 1279, '7': 923 }

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

    const name = ({ file, description }: SuiteTest): string => `${file}: ${description}`

    test('the library alone passes as many as we think', () => {
      const passed = results.filter(({ library }) => library === 'right')
      expect([passed.length, results.length]).toEqual(passedAlone[draft.name])
    })

    test('we pass more, and among them all that it passes', () => {
      const passed = results.filter(({ outcome }) => outcome === 'right')
      expect(passed).toHaveLength(passedByUs[draft.name])
      const lost = results.filter(
        ({ library, outcome }) => library === 'right' && outcome !== 'right',
      )
      expect(lost.map(({ test: one }) => name(one))).toEqual([])
    })

    test('nothing is wrongly accepted, and what the library wrongly accepts is right', () => {
      expect(results.filter(({ outcome }) => outcome === 'value wrongly accepted')).toEqual([])
      const traps = results.filter(({ library }) => library === 'value wrongly accepted')
      expect(traps).toHaveLength(draft.name === '7' ? 1 : 18)
      for (const { test: one, outcome } of traps)
        expect([name(one), outcome]).toEqual([name(one), 'right'])
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
