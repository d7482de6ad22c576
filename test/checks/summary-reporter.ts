// Ends a run with what was skipped and why, then with one plain line: "N passed, N failed, N skipped".
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

const summaryFile = path.resolve(
  import.meta.dirname,
  '../../node_modules/.cache/toolwire/test-summary.txt',
)

interface Counts {
  passed: number
  failed: number
  skipped: number
  readonly reasons: Map<string, number>
}

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts: Counts = {
      passed: 0,
      failed: unhandledErrors.length,
      skipped: 0,
      reasons: new Map(),
    }
    for (const module of modules) countModule(module, counts)
    for (const [reason, times] of counts.reasons) console.log(`skipped ${times}: ${reason}`)
    const line = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`
    console.log(line)
    // .ci/run prints it again after the checks, as its own last line.
    mkdirSync(path.dirname(summaryFile), { recursive: true })
    writeFileSync(summaryFile, `${line}\n`)
  }
}

function countModule(module: TestModule, counts: Counts): void {
  // A file that cannot be loaded has an error and no tests; it must not count as nothing.
  counts.failed += module.errors().length
  for (const test of module.children.allTests()) {
    const result = test.result()
    if (result.state === 'passed') counts.passed += 1
    else if (result.state === 'skipped') {
      counts.skipped += 1
      const reason = result.note ?? test.fullName
      counts.reasons.set(reason, (counts.reasons.get(reason) ?? 0) + 1)
    } else counts.failed += 1
  }
}
