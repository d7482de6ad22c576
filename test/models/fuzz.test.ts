import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import type { EndlessResult, EndlessTask } from '../fuzz/endless-worker.ts'
import { formats, writeStream } from '../fuzz/grammar.ts'
import { loadRecordings, makeCase } from '../fuzz/make-case.ts'
import { Random } from '../fuzz/random.ts'
import { runCase } from '../fuzz/run-case.ts'

// `npm run fuzz` goes on where these end.
const seed = 20_260_101
const runs = 2_000

async function expectSound(recordings: ReturnType<typeof loadRecordings>): Promise<void> {
  for (let number = 0; number < runs; number++) {
    const fuzzCase = makeCase(seed, number, recordings)
    const { title } = fuzzCase
    expect({ title, found: await runCase(fuzzCase) }).toEqual({ title, found: [] })
  }
}

test('streams with damage of every kind throw nothing, and run no call that was cut or merged', async () => {
  await expectSound(undefined)
}, 120_000)

test('recorded streams with damage of every kind do not either', async ({ skip }) => {
  const recordings = loadRecordings()
  if (!recordings) return skip('../shared/fixtures/streams is absent')
  await expectSound(recordings)
}, 120_000)

test('every format is written, with calls and without', () => {
  for (const format of formats) {
    const random = new Random(seed)
    const counts = Array.from({ length: 100 }, () => writeStream(format, random).calls?.length ?? 0)
    expect(Math.min(...counts)).toBe(0)
    expect(Math.max(...counts)).toBeGreaterThan(3)
  }
})

/** In a thread with so little memory that one which holds on to a stream ends. */
function decodeEndless(task: EndlessTask, megabytes: number): Promise<readonly EndlessResult[]> {
  const worker = new Worker(new URL('../fuzz/endless-worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: megabytes },
  })
  const results: EndlessResult[] = []
  return new Promise((resolve, reject) => {
    worker.on('error', reject)
    worker.on('message', (message: EndlessResult | 'done') => {
      if (message !== 'done') return results.push(message)
      void worker.terminate()
      return resolve(results)
    })
  })
}

test('a stream that goes on for ever comes to a limit before it fills the memory', async () => {
  const results = await decodeEndless({ harmless: false, givenUpAfter: 80e6 }, 120)
  expect(results.length).toBeGreaterThan(30)
  for (const { name, format, error = '' } of results)
    expect([format, name, error]).toEqual([format, name, expect.stringMatching(/than \d+|path/)])
}, 120_000)

test('what nobody has to keep of a stream may go on', async () => {
  const results = await decodeEndless({ harmless: true, givenUpAfter: 50e6 }, 48)
  expect(results.length).toBeGreaterThan(8)
  for (const { name, format, error } of results)
    expect([format, name, error]).toEqual([format, name, undefined])
}, 120_000)
