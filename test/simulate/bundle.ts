import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Plugin, build } from 'esbuild'
import type { Mutant } from './mutants.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Bundles the simulation with the source that it runs, which `mutant` has edited. */
export async function bundle(mutant?: Mutant): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, 'simulation.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    minifySyntax: true,
    logLevel: 'error',
    plugins: mutant ? [editing(mutant)] : [],
  })
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'simulation-')), 'simulation.mjs')
  writeFileSync(file, outputFiles[0]?.contents ?? '')
  return file
}

function editing({ rule, file, from, to }: Mutant): Plugin {
  const edited = path.join(root, file)
  return {
    name: 'mutant',
    setup(builder) {
      builder.onLoad({ filter: /\.ts$/ }, ({ path: loaded }) => {
        if (loaded !== edited) return undefined
        const source = readFileSync(edited, 'utf8')
        if (!source.includes(from))
          throw new Error(
            `The rule "${rule}" is no longer written in ${file} as mutants.ts has it.`,
          )
        return { contents: source.replace(from, to), loader: 'ts' }
      })
    },
  }
}
