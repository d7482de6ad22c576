// Walks every import in src and fails where one goes through a wall of .dependency-cruiser.mjs.
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { cruiseRooms } from './cruise-rooms.ts'
import { root } from './entries.ts'

const { imports, violations } = await cruiseRooms(root)
for (const { from, to, rule } of violations) console.error(`${rule}\n  ${from} → ${to}`)

// With a compiler that it cannot use, dependency-cruiser follows nothing and reports success.
const importing = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => path.posix.join('src', file.replaceAll('\\', '/')))
  .filter((file) => /\.tsx?$/.test(file) && / from '/.test(readFileSync(file, 'utf8')))
const walked = new Set(imports.map(({ from }) => from))
const missed = importing.filter((file) => !walked.has(file))
const blind = missed.length > 0 || walked.size === 0
if (blind) console.error(`dependency-cruiser saw no import in: ${missed.join(', ') || 'src'}`)

console.log(`${violations.length} violations, ${imports.length} imports in ${walked.size} files`)
process.exitCode = violations.length > 0 || blind ? 1 : 0
