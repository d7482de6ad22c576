import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cruise, cruiseRooms } from '../checks/cruise-rooms.ts'

// A house with a fault in each wall: a check that never fires is worse than none.
const house = {
  'src/index.ts': `export * from './client/index.ts'
    export * from './stores/memory.ts'
    export * from './models/_shared.ts'
    export * from './tools/json-schema.ts'`,
  'src/base/index.ts': `export { a } from './a.ts'`,
  'src/base/a.ts': `import type { B } from './b.ts'; export const a: B = 1`,
  'src/base/b.ts': `import type { a } from './a.ts'; export type B = typeof a | 1`,
  'src/base/alone.ts': `export const alone = 1`,
  'src/base/up.ts': `export type { Message } from '../protocol/index.ts'`,
  'src/protocol/index.ts': `export type Message = typeof import('../base/index.ts')`,
  'src/turn/index.ts': `export { a } from '../base/a.ts'`,
  'src/tools/index.ts': `import { spec } from '@standard-schema/spec'; export const tools = spec`,
  'src/tools/json-schema.ts': `export * from '@cfworker/json-schema'`,
  'src/tools/other.ts': `export * from '@cfworker/json-schema'`,
  'src/engine/index.ts': `export * from 'p-retry'; export * from '../models/alpha.ts'`,
  'src/server/index.ts': `export { readFile } from 'node:fs'; export * from './gone.ts'`,
  'src/client/index.ts': `export * from 'p-retry'; export * from '../guards/index.ts'`,
  'src/guards/index.ts': `export * from 'p-retry'; export type { Cat } from 'felines'`,
  'src/models/alpha.ts': `export * from './beta.ts'; export * from './_shared.ts'`,
  'src/models/beta.ts': `export * from 'eventsource-parser'; export * from './beta/part.ts'`,
  'src/models/beta/part.ts': `export * from './more.ts'`,
  'src/models/beta/more.ts': `export * from 'p-retry'`,
  'src/models/_shared.ts': `export * from 'p-retry'; export * from './gamma.ts'`,
  'src/models/gamma.ts': `export * from '../base/index.ts'`,
  'src/stores/memory.ts': `export * from '../base/index.ts'; export * from 'dev-only'`,
  'src/stores/disk.ts': `export * from 'node:sqlite'; export * from 'felines'`,
  'src/interop/kit.ts': `export * from '../models/gamma.ts'`,
  'src/testing/index.ts': `import { createServer } from 'node:http'
    import { readFile } from 'node:fs'
    export const x = [createServer, readFile, import('node:http')]`,
  'src/transports/wire.ts': `export * from '../../outside.ts'; export * from '../index.ts'`,
  'src/attic/old.ts': `export * from '../base/index.ts'`,
  'outside.ts': `export const outside = 1`,
  'package.json': JSON.stringify({
    type: 'module',
    dependencies: {
      '@standard-schema/spec': '1',
      '@cfworker/json-schema': '1',
      'p-retry': '1',
      'eventsource-parser': '1',
    },
    peerDependencies: { felines: '1' },
    devDependencies: { 'dev-only': '1' },
  }),
  ...installed('@standard-schema/spec', `export const spec = 1`),
  ...installed('@cfworker/json-schema', `export const check = 1`),
  ...installed('p-retry', `export const retry = 1`),
  ...installed('eventsource-parser', `export const parse = 1`),
  ...installed('felines', `export const cat = 1`),
  ...installed('dev-only', `export const tool = 1`),
}

function installed(name: string, source: string): Record<string, string> {
  return {
    [`node_modules/${name}/package.json`]: JSON.stringify({
      name,
      type: 'module',
      main: 'index.js',
    }),
    [`node_modules/${name}/index.js`]: source,
  }
}

const faults: readonly (readonly [rule: string, from: string, to: string])[] = [
  ['no-cycles', 'src/base/a.ts', 'src/base/b.ts'],
  ['no-orphans', 'src/base/alone.ts', 'src/base/alone.ts'],
  ['base-may-import-nothing', 'src/base/up.ts', 'src/protocol/index.ts'],
  ['enter-a-room-by-its-index', 'src/turn/index.ts', 'src/base/a.ts'],
  ['enter-a-room-by-its-index', 'src/index.ts', 'src/models/_shared.ts'],
  ['enter-a-room-by-its-index', 'src/index.ts', 'src/tools/json-schema.ts'],
  ['standard-schema-is-types-only', 'src/tools/index.ts', '@standard-schema/spec'],
  ['who-may-import-@cfworker/json-schema', 'src/tools/other.ts', '@cfworker/json-schema'],
  ['who-may-import-p-retry', 'src/guards/index.ts', 'p-retry'],
  ['who-may-import-p-retry', 'src/models/beta/more.ts', 'p-retry'],
  [
    'engine-may-import-base-protocol-ports-tools-turn-guards',
    'src/engine/index.ts',
    'src/models/alpha.ts',
  ],
  ['few-packages-in-the-core', 'src/guards/index.ts', 'felines'],
  ['packages-are-dependencies-or-peers', 'src/stores/memory.ts', 'dev-only'],
  ['runs-anywhere', 'src/server/index.ts', 'fs'],
  ['every-import-resolves', 'src/server/index.ts', './gone.ts'],
  ['adapters-do-not-know-each-other', 'src/models/alpha.ts', 'src/models/beta.ts'],
  ['adapters-do-not-know-each-other', 'src/models/_shared.ts', 'src/models/gamma.ts'],
  ['testing-uses-no-node-but-http', 'src/testing/index.ts', 'fs'],
  ['testing-loads-http-on-demand', 'src/testing/index.ts', 'http'],
  ['source-imports-nothing-outside-it', 'src/transports/wire.ts', 'outside.ts'],
  ['transports-may-import-base-protocol-ports', 'src/transports/wire.ts', 'src/index.ts'],
  ['every-file-has-a-room', 'src/attic/old.ts', 'src/base/index.ts'],
]

/** What stands in the same house and is in order. */
const allowed: readonly (readonly [from: string, to: string])[] = [
  ['src/index.ts', 'src/client/index.ts'],
  ['src/index.ts', 'src/stores/memory.ts'],
  ['src/base/index.ts', 'src/base/a.ts'],
  ['src/tools/json-schema.ts', '@cfworker/json-schema'],
  ['src/engine/index.ts', 'p-retry'],
  ['src/client/index.ts', 'p-retry'],
  ['src/models/_shared.ts', 'p-retry'],
  ['src/models/alpha.ts', 'src/models/_shared.ts'],
  ['src/models/beta.ts', 'eventsource-parser'],
  ['src/models/beta.ts', 'src/models/beta/part.ts'],
  ['src/models/beta/part.ts', 'src/models/beta/more.ts'],
  ['src/stores/disk.ts', 'node:sqlite'],
  ['src/stores/disk.ts', 'felines'],
  ['src/interop/kit.ts', 'src/models/gamma.ts'],
]

function is(from: string, to: string): (one: { from: string; to: string }) => boolean {
  return (one) => one.from === from && (one.to === to || one.to.includes(`/${to}/`))
}

describe('the walls of the house', () => {
  let folder = ''
  let cruise: Cruise

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'toolwire-walls-'))
    for (const [file, text] of Object.entries(house)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
      writeFileSync(path.join(folder, file), text)
    }
    cruise = await cruiseRooms(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const rulesBroken = (from: string, to: string): string[] =>
    cruise.violations.filter(is(from, to)).map(({ rule }) => rule)

  test.each(faults)('%s stops %s → %s', (rule, from, to) => {
    expect(rulesBroken(from, to)).toContain(rule)
  })

  test.each(allowed)('%s may import %s', (from, to) => {
    expect(cruise.imports.some(is(from, to))).toBe(true)
    expect(rulesBroken(from, to)).toEqual([])
  })
})
