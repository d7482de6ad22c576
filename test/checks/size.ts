// Prints what each entry weighs in a consumer's bundle (whole entry with its packages, minified, gzip), and
// fails above its limit, saying which files weigh most. A dot marks what is above its goal.
import { gzipSync } from 'node:zlib'
import { type BuildResult, build } from 'esbuild'
import { type Entry, entries, peers, root } from './entries.ts'

interface Budget {
  readonly pattern: RegExp
  /** What the design wants, in bytes (1 kB = 1,000 bytes). */
  readonly goal: number
  /** What stands where the goal is not reached yet; it goes up only with what an entry learns to do. */
  readonly limit?: number
}

/** The first pattern that fits counts; an entry without one is only shown. */
const budgets: readonly Budget[] = [
  { pattern: /^\. \{/, goal: 8_000, limit: 9_000 },
  { pattern: /^\.$/, goal: 8_000, limit: 24_500 },
  { pattern: /^\.\/client \{/, goal: 10_000, limit: 20_900 },
  { pattern: /^\.\/client \+ /, goal: 12_000, limit: 22_300 },
  { pattern: /^\.\/transports\/post-message$/, goal: 2_000, limit: 2_550 },
  { pattern: /^\.\/transports\//, goal: 2_000 },
  // About 10 kB are what it takes to say any schema in the dialect of a provider.
  { pattern: /^\.\/models\//, goal: 6_000, limit: 25_000 },
  { pattern: /^\.\/react \{/, goal: 2_000 },
  // Hooks and components, or elements, with all that they say.
  { pattern: /^\.\/(?:react|elements)$/, goal: 9_000 },
  // For developers only: nobody's page has it who does not import it.
  { pattern: /^\.\/inspector$/, goal: 15_000 },
  { pattern: /^\.\/observe\//, goal: 4_000 },
  { pattern: /^\.\/brokers\//, goal: 3_000 },
  { pattern: /^\.\/toolkits\/page$/, goal: 25_000 },
  { pattern: /^\.\/toolkits\/page-file$/, goal: 5_000 },
  { pattern: /^\.\/toolkits\/assets$/, goal: 28_000 },
  { pattern: /^\.\/interop\//, goal: 15_000, limit: 16_000 },
]

/** What one program takes from the entry `.`: nobody pays for the rest. */
const imports: readonly string[] = [
  'defineTool, ToolRegistry, ToolError',
  'decide, evolve, emptyConversation, messagesOf',
  'createPartialJsonParser',
  'memoryStore, memoryTransport',
]

/** What a page takes from the entry of the client, whose journals are chosen one by one. */
const clientNames = '{ createToolClient }'

/** What a page takes that draws by itself. */
const hookNames = '{ useToolClient, useToolCall }'

/** The first file gives `names`, the others all that they have. */
function bundle(
  files: readonly string[],
  names = '*',
): Promise<BuildResult<{ write: false; metafile: true }>> {
  const given = files.map((file, index) => `export ${index ? '*' : names} from "${file}"`)
  return build({
    stdin: {
      contents: given.join('\n'),
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

async function weigh({ bundled, names }: Weighed): Promise<number> {
  const { outputFiles } = await bundle(
    bundled.map(({ file }) => file),
    names,
  )
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

interface Weighed {
  readonly name: string
  readonly bundled: readonly Entry[]
  readonly names?: string
}

const transports = entries.filter(({ subpath }) => subpath.startsWith('./transports/'))
const main = entries.filter(({ subpath }) => subpath === '.')
const client = entries.filter(({ subpath }) => subpath === './client')
const react = entries.filter(({ subpath }) => subpath === './react')
const weighed: readonly Weighed[] = [
  ...imports.map((names) => ({ name: `. { ${names} }`, bundled: main, names: `{ ${names} }` })),
  ...client.map((entry) => ({
    name: `${entry.subpath} ${clientNames}`,
    bundled: [entry],
    names: clientNames,
  })),
  ...react.map((entry) => ({
    name: `${entry.subpath} ${hookNames}`,
    bundled: [entry],
    names: hookNames,
  })),
  ...entries.map((entry) => ({ name: entry.subpath, bundled: [entry] })),
  ...client.flatMap((entry) =>
    transports.map((transport) => ({
      name: `${entry.subpath} + ${transport.subpath}`,
      bundled: [entry, transport],
      names: clientNames,
    })),
  ),
]

for (const each of weighed) {
  const bytes = await weigh(each)
  const budget = budgets.find(({ pattern }) => pattern.test(each.name))
  const limit = budget?.limit ?? budget?.goal ?? Infinity
  const mark = bytes > limit ? '✘' : bytes > (budget?.goal ?? Infinity) ? '·' : '✔'
  const weight = `${(bytes / 1000).toFixed(2).padStart(6)} kB`
  const goal = budget ? `goal ${budget.goal / 1000} kB, limit ${limit / 1000} kB` : ''
  console.log(`${mark} ${each.name.padEnd(52)} ${weight}  ${goal}`)
  if (bytes <= limit) continue
  console.log(await heaviest(each.bundled))
  process.exitCode = 1
}
