// Fails where a document says otherwise than the code: the rooms, the error codes, the files that are named.
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './entries.ts'
import { errorCodes } from './error-codes.ts'

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

/** The cells of every table row under a heading of a document, without the head of the table. */
function tableUnder(file: string, heading: string): readonly (readonly string[])[] {
  const section =
    read(file)
      .split(/^## /m)
      .find((part) => part.startsWith(`${heading}\n`)) ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

/** What stands in only one of two lists, as sentences. */
function difference(code: readonly string[], document: readonly string[], what: string): string[] {
  const twice = document.filter((item, index) => document.indexOf(item) !== index)
  return [
    ...code.filter((item) => !document.includes(item)).map((item) => `${what} lacks: ${item}`),
    ...document.filter((item) => !code.includes(item)).map((item) => `${what} invents: ${item}`),
    ...twice.map((item) => `${what} says twice: ${item}`),
  ]
}

async function roomFaults(): Promise<string[]> {
  // Computed, because TypeScript has no types for a configuration in JavaScript.
  const config = path.join(root, '.dependency-cruiser.mjs')
  const { rooms } = (await import(config)) as { rooms: Readonly<Record<string, string[]>> }
  const code = Object.entries(rooms).map(
    ([room, doors]) => `\`${room}/\` may import ${doors.join(', ') || 'nothing'}`,
  )
  const document = tableUnder('docs/ARCHITECTURE.md', 'Rooms').map(
    ([room = '', , doors = '']) => `${room} may import ${doors}`,
  )
  return difference(code, document, 'The rooms table of docs/ARCHITECTURE.md')
}

function errorFaults(): string[] {
  const code = errorCodes().map((name) => `\`${name}\``)
  const document = tableUnder('docs/errors.md', 'Codes').map(([name = '']) => name)
  return difference(code, document, 'docs/errors.md')
}

/** A file of ours that a document names, in backquotes or as a link, has to exist. */
function pathFaults(file: string): string[] {
  const named = read(file).matchAll(
    /`((?:src|test|docs|examples|bench)\/[\w./-]+\.\w+)`|\]\((?!\w+:|#)([^)#\s]+)/g,
  )
  return [...named].flatMap(([, quoted, linked]) => {
    const target = quoted ?? path.posix.join(path.posix.dirname(file), linked ?? '')
    return existsSync(path.join(root, target)) ? [] : [`${file} names a missing file: ${target}`]
  })
}

const required = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/ARCHITECTURE.md',
  'docs/errors.md',
]
const missing = required.filter((file) => !existsSync(path.join(root, file)))
const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: root, exclude: ['docs/api/**'] })
const faults = [
  ...missing.map((file) => `${file} is missing`),
  ...(await roomFaults()),
  ...errorFaults(),
  ...documents.flatMap(pathFaults),
]
for (const fault of faults) console.error(fault)
console.log(`${faults.length} faults in ${documents.length} documents`)
process.exitCode = faults.length > 0 ? 1 : 0
