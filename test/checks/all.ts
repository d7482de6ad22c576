// Builds, then runs every "check:" script of package.json, so that one red check hides no other.
import { spawnSync } from 'node:child_process'
import manifest from '../../package.json' with { type: 'json' }
import { root } from './entries.ts'

interface Outcome {
  readonly script: string
  readonly ok: boolean
  readonly seconds: string
}

function run(script: string): Outcome {
  console.log(`\n── ${script}`)
  const start = performance.now()
  const { status } = spawnSync('npm', ['run', '--silent', script], { cwd: root, stdio: 'inherit' })
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  return { script, ok: status === 0, seconds }
}

const scripts = Object.keys(manifest.scripts).filter((name) => name.startsWith('check:'))
const outcomes = ['build', ...scripts].map(run)

console.log()
for (const { script, ok, seconds } of outcomes)
  console.log(`${ok ? '✔' : '✘'} ${script.padEnd(16)} ${seconds.padStart(5)} s`)
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1
