// Every numbered clause of docs/PROTOCOL.md is held by a test that cites it in its title, as in `test('… [P12]')`.
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { root } from './entries.ts'

const page = readFileSync(path.join(root, 'docs/PROTOCOL.md'), 'utf8')
const clauses = [...page.matchAll(/^- \[P(\d+)\] /gm)].map(([, number]) => Number(number))

const tests = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('checks'))
  .map((file) => readFileSync(path.join(root, 'test', file), 'utf8'))
const cited = new Set(
  tests.flatMap((text) => [...text.matchAll(/\[P(\d+)\]/g)].map(([, number]) => Number(number))),
)

const faults = [
  ...clauses.filter((number, index) => number !== index + 1).map((n) => `[P${n}] is out of order`),
  ...clauses.filter((number) => !cited.has(number)).map((n) => `[P${n}] is cited by no test`),
  ...[...cited]
    .filter((n) => !clauses.includes(n))
    .map((n) => `[P${n}] is cited and does not exist`),
]
for (const fault of faults) console.log(`✘ ${fault}`)
console.log(`${clauses.length} clauses, ${cited.size} cited`)
if (faults.length > 0) process.exitCode = 1
