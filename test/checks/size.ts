// Prints what each entry weighs in a consumer's bundle (whole entry, minified, gzip) and fails above its ceiling.
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { entries, peers, root } from './entries.ts'

/** Ceilings in bytes (1 kB = 1,000 bytes), the first pattern that fits; an entry without one is only shown. */
const ceilings: readonly (readonly [RegExp, number])[] = [
  [/^\.$/, 8_000],
  [/^\.\/client$/, 10_000],
  [/^\.\/client \+ /, 12_000],
  [/^\.\/transports\//, 2_000],
  [/^\.\/models\//, 6_000],
  [/^\.\/react$/, 2_000],
]

async function weigh(specifiers: readonly string[]): Promise<number> {
  const { outputFiles } = await build({
    stdin: {
      contents: specifiers.map((name) => `export * from '${name}'`).join('\n'),
      resolveDir: root,
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    external: ['node:*', ...peers],
    logLevel: 'error',
  })
  return outputFiles.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0)
}

const transports = entries.filter(({ subpath }) => subpath.startsWith('./transports/'))
const client = entries.filter(({ subpath }) => subpath === './client')
const bundles = [
  ...entries.map((entry) => ({ name: entry.subpath, specifiers: [entry.specifier] })),
  ...client.flatMap((entry) =>
    transports.map((transport) => ({
      name: `${entry.subpath} + ${transport.subpath}`,
      specifiers: [entry.specifier, transport.specifier],
    })),
  ),
]

let tooBig = 0
for (const { name, specifiers } of bundles) {
  const bytes = await weigh(specifiers)
  const ceiling = ceilings.find(([pattern]) => pattern.test(name))?.[1]
  const over = ceiling !== undefined && bytes > ceiling
  if (over) tooBig += 1
  const limit = ceiling === undefined ? 'no ceiling' : `of ${(ceiling / 1000).toFixed(0)} kB`
  console.log(
    `${over ? '✘' : '✔'} ${name.padEnd(36)} ${(bytes / 1000).toFixed(2).padStart(6)} kB  ${limit}`,
  )
}
if (tooBig > 0) console.error(`${tooBig} of ${bundles.length} bundles are above their ceiling.`)
process.exitCode = tooBig > 0 ? 1 : 0
