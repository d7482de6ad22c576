import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, expect, test } from 'vitest'
import { type FrameLog, openLog, testFixture } from '../../src/inspector/index.ts'
import { fixtureProblem } from '../../src/inspector/test-fixture.ts'
import {
  type Replay,
  type ReplayFramesOptions,
  type VirtualClock,
  virtualClock,
} from '../../src/testing/index.ts'
import type { Snapshot } from '../../src/client/index.ts'
import { page, session } from './session.ts'

const root = path.resolve(import.meta.dirname, '../..')
const folder = path.join(root, `node_modules/.cache/fixtures-${process.pid}`)

afterAll(() => rm(folder, { recursive: true, force: true }))

interface Fixture {
  readonly recorded: (options?: ReplayFramesOptions) => Replay
}

/** What the module that a person pasted exports, with the package as its sources are. */
async function pasted(log: FrameLog): Promise<Fixture> {
  const contents = testFixture(log) ?? ''
  const source = (name: string): string => path.join(root, `src/${name}/index.ts`)
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    alias: { 'toolwire/inspector': source('inspector'), 'toolwire/testing': source('testing') },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  })
  await mkdir(folder, { recursive: true })
  const file = path.join(folder, `${performance.now()}.mjs`)
  await writeFile(file, outputFiles[0]?.text ?? '')
  return import(pathToFileURL(file).href) as Promise<Fixture>
}

interface Played {
  readonly replay: Replay
  readonly world: VirtualClock
}

function begin({ recorded }: Fixture): Played {
  const world = virtualClock({ seed: 77 })
  return { world, replay: recorded({ world }) }
}

async function played({ replay, world }: Played, words: readonly string[]): Promise<Snapshot> {
  const client = page(world, replay)
  await world.advance(100)
  for (const word of words) {
    // Where the replay ends the link, it is never stored; `finished` says so.
    client.send(word).catch(() => {})
    await world.advance(60_000)
  }
  const snapshot = client.getSnapshot()
  client.close()
  await world.settle()
  return snapshot
}

const words = ['I am Ada, my key is sk-live-0123456789abcdefghij.', 'Thanks.']

test('a fixture plays a recording to a fresh client, which shows the same calls', async () => {
  const { recording, snapshot } = await session()
  const { replay, world } = begin(await pasted(recording))
  const again = await played({ replay, world }, words)
  expect(replay.waitsFor).toBeNull()
  await replay.finished
  const states = ({ calls, status }: Snapshot): unknown => [status, calls.map(({ state }) => state)]
  expect(states(again)).toEqual(states(snapshot))
  expect(again.calls).toMatchObject([{ toolName: 'sign_in', state: 'output-available' }])
})

test('a fixture of a saved log that was opened again plays, too', async () => {
  const { recording } = await session({ keys: ['said'] })
  const text = recording.lines.map((line) => JSON.stringify(line)).join('\n')
  expect(testFixture(recording)).toContain('redactFrames({ keys: ["said"], seen })')
  const { replay, world } = begin(await pasted(openLog(text, { keys: ['said'] })))
  await played({ replay, world }, words)
  await replay.finished
})

test('a client that says something else is told so', async () => {
  const { recording } = await session()
  const { replay, world } = begin(await pasted(recording))
  await played({ replay, world }, ['Something else.'])
  await expect(replay.finished).rejects.toMatchObject({ code: 'REPLAY_DIVERGED' })
})

test('what stands in a frame is never read as code', async () => {
  const hostile = '`${process.exit(3)}` \' " \\ \u2028 */ </script>\n'
  const { recording } = await session({}, [{ text: hostile }, { text: 'Yes.' }])
  const frames = JSON.stringify(recording.lines)
  const snapshot = await played(begin(await pasted(recording)), words)
  expect(frames).toContain(JSON.stringify(hostile).slice(1, -1))
  expect(JSON.stringify(snapshot.messages)).toContain(JSON.stringify(hostile).slice(1, -1))
})

test('a log that cannot be played gives no fixture, and says why', async () => {
  const { recording } = await session({ maxLines: 10 })
  expect(testFixture(recording)).toBeNull()
  expect(fixtureProblem(recording)).toMatch(/^\d+ lines are not kept/)
  const exported = openLog('{"toolwire":"conversation","format":1}\n{"type":"turn-started","at":1}')
  expect(testFixture(exported)).toBeNull()
  expect(fixtureProblem(exported)).toContain('exported conversation')
  const late = openLog('{"at":0,"link":1,"way":"up","frame":{"k":"hello","from":7}}')
  expect(fixtureProblem(late)).toContain('record before the client is made')
})
