// Writes docs/api/<entry>.api.md for every entry point; with --check, fails where a committed report is stale.
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import {
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type IConfigFile,
} from '@microsoft/api-extractor'
import { type Entry, entries, root } from './entries.ts'

const folder = path.join(root, 'docs/api')
const temporary = path.join(root, 'node_modules/.cache/toolwire/api')
const check = process.argv.includes('--check')

function reportName({ subpath }: Entry): string {
  return subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-')
}

function configFor(entry: Entry): IConfigFile {
  const quiet = { logLevel: ExtractorLogLevel.None }
  return {
    projectFolder: root,
    mainEntryPointFilePath: entry.file.replace(/\.js$/, '.d.ts'),
    compiler: {
      overrideTsconfig: {
        compilerOptions: {
          target: 'ES2022',
          module: 'NodeNext',
          lib: ['ES2023', 'DOM'],
          types: ['node'],
          strict: true,
          skipLibCheck: true,
          allowImportingTsExtensions: true,
          noEmit: true,
        },
        include: ['dist'],
      },
    },
    apiReport: {
      enabled: true,
      reportFileName: `${reportName(entry)}.api.md`,
      reportFolder: folder,
      reportTempFolder: temporary,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: {
      extractorMessageReporting: {
        default: { logLevel: ExtractorLogLevel.Warning },
        'ae-missing-release-tag': quiet,
        'ae-undocumented': quiet,
        // A type in a public signature that nobody can import.
        'ae-forgotten-export': { logLevel: ExtractorLogLevel.Error },
      },
    },
  }
}

function isGood(entry: Entry): boolean {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(root, 'package.json'),
    configObject: configFor(entry),
  })
  return Extractor.invoke(config, { localBuild: !check, showVerboseMessages: false }).succeeded
}

mkdirSync(folder, { recursive: true })
mkdirSync(temporary, { recursive: true })

const expected = new Set(entries.map((entry) => `${reportName(entry)}.api.md`))
const orphans = readdirSync(folder).filter((file) => !expected.has(file))
if (!check) for (const file of orphans) rmSync(path.join(folder, file), { recursive: true })
else for (const file of orphans) console.error(`docs/api/${file} belongs to no entry point.`)

const bad = entries.filter((entry) => !isGood(entry))
for (const { subpath } of bad)
  console.error(`The API report of "${subpath}" is stale or names a type that it does not export.`)
if (check && bad.length + orphans.length > 0)
  console.error('Run "npm run api", read the difference, and commit it if it is meant.')
process.exitCode = bad.length > 0 || (check && orphans.length > 0) ? 1 : 0
