// Writes docs/api/<entry>.api.md for every entry point; with --check, fails where a committed report is stale.
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import {
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
  type IConfigFile,
} from '@microsoft/api-extractor'
import ts from 'typescript'
import { type Entry, entries, root } from './entries.ts'

const folder = path.join(root, 'docs/api')
const temporary = path.join(root, 'node_modules/.cache/toolwire/api')
const check = process.argv.includes('--check')

function reportName({ subpath }: Entry): string {
  return subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-')
}

function declarations({ file }: Entry): string {
  return file.replace(/\.js$/, '.d.ts')
}

function configFor(entry: Entry): IConfigFile {
  const quiet = { logLevel: ExtractorLogLevel.None }
  return {
    projectFolder: root,
    mainEntryPointFilePath: declarations(entry),
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
        // A link may point into another entry, which each report knows nothing of.
        'ae-unresolved-link': quiet,
        'ae-forgotten-export': { logLevel: ExtractorLogLevel.Error },
      },
    },
  }
}

/** Names that some entry exports; a type in a public signature has to be one of them. */
function exportedNames(): ReadonlySet<string> {
  const files = entries.map(declarations)
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    skipLibCheck: true,
    noEmit: true,
  })
  const checker = program.getTypeChecker()
  const modules = files.flatMap((file) => {
    const source = program.getSourceFile(file)
    return (source && checker.getSymbolAtLocation(source)) ?? []
  })
  return new Set(modules.flatMap((one) => checker.getExportsOfModule(one)).map(({ name }) => name))
}

function hear(message: ExtractorMessage): void {
  const forgotten = /^The symbol "(\w+)" needs to be exported/.exec(message.text)?.[1]
  const importable = forgotten !== undefined && exported.has(forgotten)
  if (!importable && message.messageId !== 'console-preamble') return
  message.logLevel = ExtractorLogLevel.None
  message.handled = true
}

function isGood(entry: Entry): boolean {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(root, 'package.json'),
    configObject: configFor(entry),
  })
  const { succeeded } = Extractor.invoke(config, { localBuild: !check, messageCallback: hear })
  if (!succeeded) console.error(`✘ ${entry.specifier}\n`)
  return succeeded
}

mkdirSync(folder, { recursive: true })
mkdirSync(temporary, { recursive: true })

const expected = new Set(entries.map((entry) => `${reportName(entry)}.api.md`))
const orphans = readdirSync(folder).filter((file) => !expected.has(file))
if (!check) for (const file of orphans) rmSync(path.join(folder, file), { recursive: true })
else for (const file of orphans) console.error(`docs/api/${file} belongs to no entry point.`)

const exported = exportedNames()
const bad = entries.filter((entry) => !isGood(entry))
if (bad.length + (check ? orphans.length : 0) > 0) {
  console.error(
    'A report is stale, or a signature names a type that no entry exports. Export the type; then run "npm run api", read the difference, and commit it if it is meant.',
  )
  process.exitCode = 1
}
console.log(`${entries.length - bad.length} of ${entries.length} API reports are as they should be`)
