import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/checks/longest-first.ts'

// The suite runs .ts programs and node:sqlite unbuilt. npm scripts find the pinned Node in node_modules/.bin.
if (Number.parseInt(process.versions.node, 10) < 24)
  throw new Error(
    `The tests need Node 24 and this is ${process.version}. Run "npm install" (it brings Node 24 as a development dependency), then "npm test" or "npx vitest".`,
  )

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    typecheck: { include: ['test/**/*.test-d.ts'] },
    reporters: ['default', './test/checks/summary-reporter.ts'],
    // By itself it leaves one core to the watcher, which on two is half of the machine.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    // Tests make things fail on purpose, and what nobody listens to is logged.
    silent: 'passed-only',
    // Room for the tests that start a browser or a child process on a busy machine with two cores.
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
