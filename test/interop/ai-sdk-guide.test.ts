import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { type Plugin, build } from 'esbuild'
import { afterAll, expect, test } from 'vitest'
import { scriptedModel } from '../../src/testing/index.ts'
import { entries, root } from '../checks/entries.ts'

const guide = readFileSync(path.join(root, 'docs/guides/ai-sdk.md'), 'utf8')
const names = ['guide-from.ts', 'guide-to.ts']
const fileOf = (name: string): string => path.join(import.meta.dirname, name)

// Within the package, so that the programs find their packages.
const cache = path.join(root, 'node_modules/.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(path.join(cache, 'guide-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Takes each entry of the package from its source, so that nothing has to be built. */
const sources = new Map(entries.map(({ specifier, source }) => [specifier, source]))
const ourselves: Plugin = {
  name: 'ourselves',
  setup(bundler) {
    bundler.onResolve({ filter: /^toolwire(\/|$)/ }, ({ path: name }) => ({
      path: sources.get(name) ?? name,
    }))
  },
}

test('the programs of the guide are the ones that the type checker reads', () => {
  const programs = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, program]) => program)
  expect(programs).toEqual(names.map((name) => readFileSync(fileOf(name), 'utf8')))
})

test.each(names)('%s runs, and says what the model says', async (name) => {
  const server = await scriptedModel((_, { step }) =>
    step === 0
      ? { toolCalls: [{ toolName: 'price', input: { item: 'door' } }] }
      : { text: 'Twelve, for a door.' },
  ).listen()
  try {
    const outfile = path.join(folder, name.replace(/ts$/, 'mjs'))
    await build({
      entryPoints: [fileOf(name)],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      plugins: [ourselves],
      logLevel: 'error',
    })
    const env = { ...process.env, MODEL_URL: server.url }
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [outfile], { env })
    expect({ stdout, stderr }).toEqual({ stdout: 'Twelve, for a door.\n', stderr: '' })
  } finally {
    await server.close()
  }
})
