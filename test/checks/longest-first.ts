import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longest, the longest first; a fresh clone does not know that yet, and would end with one of them. */
const longest = [
  'test/load/load.test.ts',
  'test/editor/plugs.test.ts',
  'test/models/fuzz.test.ts',
  'test/editor/stories.test.ts',
  'test/examples/cluster.test.ts',
  'test/browser/ui.test.ts',
  'test/shop/page.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.endsWith(name))
      return at === -1 ? longest.length : at
    }
    // oxlint-disable-next-line unicorn/no-array-sort -- It is not an array's.
    const usual = await super.sort(files)
    return usual.toSorted((a, b) => rank(a) - rank(b))
  }
}
