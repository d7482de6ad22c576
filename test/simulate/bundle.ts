import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Plugin, build } from 'esbuild'
import type { Edit, Mutant } from './mutants.ts'

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

function editing(mutant: Mutant): Plugin {
  const edits = mutant.and ? [mutant, mutant.and] : [mutant]
  return {
    name: 'mutant',
    setup(builder) {
      builder.onLoad({ filter: /\.ts$/ }, ({ path: loaded }) => {
        const own = edits.filter(({ file }) => path.join(root, file) === loaded)
        if (own.length === 0) return undefined
        const contents = own.reduce(
          (source, edit) => edited(source, edit, mutant.rule),
          readFileSync(loaded, 'utf8'),
        )
        return { contents, loader: 'ts' }
      })
    },
  }
}

function edited(source: string, { file, from, to }: Edit, rule: string): string {
  if (!source.includes(from))
    throw new Error(`The rule "${rule}" is no longer written in ${file} as mutants.ts has it.`)
  return source.replace(from, to)
}
