// Prints what each entry weighs in a consumer's bundle (whole entry with its packages, minified, gzip), and
// fails above its ceiling, saying which files weigh most.
import { gzipSync } from 'node:zlib'
import { type BuildResult, build } from 'esbuild'
import { type Entry, entries, peers, root } from './entries.ts'

/** Ceilings in bytes (1 kB = 1,000 bytes), the first pattern that fits; an entry without one is only shown. */
const ceilings: readonly (readonly [RegExp, number])[] = [
  [/^\.$/, 8_000],
  [/^\.\/client$/, 10_000],
  [/^\.\/client \+ /, 12_000],
  [/^\.\/transports\//, 2_000],
  [/^\.\/models\//, 6_000],
  [/^\.\/react$/, 2_000],
]

function bundle(files: readonly string[]): Promise<BuildResult<{ write: false; metafile: true }>> {
  return build({
    stdin: {
      contents: files.map((file) => `export * from ${JSON.stringify(file)}`).join('\n'),
      resolveDir: root,
    },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    external: ['node:*', ...peers],
    logLevel: 'error',
  })
}

async function weigh(bundled: readonly Entry[]): Promise<number> {
  const { outputFiles } = await bundle(bundled.map(({ file }) => file))
  return outputFiles.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0)
}

/** The heaviest source files, in minified bytes; dist would only show chunks. */
async function heaviest(bundled: readonly Entry[]): Promise<string> {
  const { metafile } = await bundle(bundled.map(({ source }) => source))
  return Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .toSorted(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    .slice(0, 12)
    .map(([file, { bytesInOutput }]) => `${String(bytesInOutput).padStart(10)} B  ${file}`)
    .join('\n')
}

const transports = entries.filter(({ subpath }) => subpath.startsWith('./transports/'))
const client = entries.filter(({ subpath }) => subpath === './client')
const bundles: readonly (readonly Entry[])[] = [
  ...entries.map((entry) => [entry]),
  ...client.flatMap((entry) => transports.map((transport) => [entry, transport])),
]

for (const bundled of bundles) {
  const name = bundled.map(({ subpath }) => subpath).join(' + ')
  const bytes = await weigh(bundled)
  const ceiling = ceilings.find(([pattern]) => pattern.test(name))?.[1]
  const over = ceiling !== undefined && bytes > ceiling
  const limit = ceiling === undefined ? 'no ceiling' : `of ${ceiling / 1000} kB`
  const weight = `${(bytes / 1000).toFixed(2).padStart(6)} kB`
  console.log(`${over ? '✘' : '✔'} ${name.padEnd(32)} ${weight}  ${limit}`)
  if (!over) continue
  console.log(await heaviest(bundled))
  process.exitCode = 1
}
