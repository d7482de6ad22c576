import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { build } from 'esbuild'
import { type TestContext, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { errorCodes as codesInSource } from '../checks/error-codes.ts'
import { type Entry, entries, peers, root } from '../checks/entries.ts'
import { errorCodes, exportMap, exportedNames, runsAnywhere } from './pins.ts'

/** Skips where there is nothing to look at: these tests read dist, which `npm test` builds first. */
function needsBuild(entry: Entry, skip: TestContext['skip']): void {
  skip(!existsSync(entry.file), `dist lacks an entry; "npm run build" writes it`)
}

test('the package exports exactly its pinned entries', () => {
  expect(manifest.exports).toEqual(exportMap)
})

test('the error codes are the pinned ones', () => {
  expect(codesInSource().toSorted()).toEqual(errorCodes)
})

describe.each(entries)('$specifier', (entry) => {
  test('exports exactly its pinned names', async ({ skip }) => {
    needsBuild(entry, skip)
    const names = Object.keys((await import(entry.file)) as object)
    expect(names.toSorted()).toEqual(exportedNames[entry.subpath])
  })

  test('loads where code generation from strings is forbidden', ({ skip }) => {
    needsBuild(entry, skip)
    execFileSync(
      process.execPath,
      ['--disallow-code-generation-from-strings', '--eval', `import('${entry.specifier}')`],
      { cwd: root, stdio: 'pipe' },
    )
  })
})

describe.each(entries.filter(({ subpath }) => runsAnywhere.includes(subpath)))(
  '$specifier in a page or a worker',
  (entry) => {
    test('takes neither a Node built-in nor eval along', async ({ skip }) => {
      needsBuild(entry, skip)
      const { code, imports } = await bundleOf(entry)
      expect(imports.filter((name) => !peers.includes(name))).toEqual([])
      expect(code).not.toMatch(/\beval\s*\(|\bnew Function\b|\bFunction\s*\(/)
    })
  },
)

/** What a bundler makes of an entry: its code with all of its packages, and what it leaves outside. */
async function bundleOf(entry: Entry): Promise<{ code: string; imports: string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry.file],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    external: ['node:*', ...peers],
    logLevel: 'silent',
  })
  return {
    code: outputFiles.map(({ text }) => text).join('\n'),
    imports: Object.values(metafile.outputs).flatMap((output) =>
      output.imports.filter(({ external }) => external).map((one) => one.path),
    ),
  }
}
