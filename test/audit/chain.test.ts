import { expect, test } from 'vitest'
import { AuditWriter } from '../../src/guards/index.ts'
import type { AuditEntry, AuditRecord } from '../../src/ports/index.ts'
import { memoryAudit, storeAudit, verifyAudit } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { virtualClock } from '../../src/testing/index.ts'

const entry = (at: number): AuditEntry => ({
  type: 'outcome',
  at,
  conversationId: 'c',
  toolName: 'pay',
  principalId: 'ada',
  state: 'output-available',
  durationMs: at,
})

/** A chain of `count` records, as a sink gets them. */
async function chain(count: number, seed = 1): Promise<readonly AuditRecord[]> {
  const world = virtualClock({ seed })
  const sink = memoryAudit()
  const writer = new AuditWriter({ sink, world, onError: () => {} })
  for (let at = 1; at <= count; at++) writer.write(entry(at))
  await writer.close()
  return sink.query()
}

test('a chain that nobody touched is all right, also mixed with another and after a trip through JSON', async () => {
  const [one, two] = [await chain(3, 1), await chain(2, 2)]
  const mixed = [one[0]!, two[0]!, one[1]!, two[1]!, one[2]!]
  expect(verifyAudit(JSON.parse(JSON.stringify(mixed)))).toMatchObject({
    ok: true,
    records: 5,
    missed: 0,
    heads: { [one[0]!.chain]: { seq: 3 }, [two[0]!.chain]: { seq: 2 } },
  })
})

test('the first place where a chain is not what was written is named', async () => {
  const records = await chain(4)
  const at = (index: number, change: Partial<AuditRecord>) =>
    records.map((record, place) => (place === index ? { ...record, ...change } : record))
  expect(verifyAudit(at(2, { principalId: 'eve' }))).toMatchObject({ seq: 3, problem: 'changed' })
  expect(verifyAudit(at(1, { reason: 'added' }))).toMatchObject({ seq: 2, problem: 'changed' })
  expect(verifyAudit(records.toSpliced(1, 1))).toMatchObject({ seq: 3, problem: 'missing' })
  expect(verifyAudit(records.slice(1))).toMatchObject({ seq: 2, problem: 'missing' })
  expect(verifyAudit(records.toReversed())).toMatchObject({ seq: 4, problem: 'missing' })
  expect(verifyAudit([...records, records[3]!])).toMatchObject({ seq: 4, problem: 'missing' })
})

test('a chain that lost its end is found out by the head of an earlier check', async () => {
  const records = await chain(4)
  const check = verifyAudit(records)
  if (!check.ok) throw new Error('The chain is broken.')
  expect(verifyAudit(records.slice(0, 3))).toMatchObject({ ok: true })
  expect(verifyAudit(records.slice(0, 3), check)).toMatchObject({ problem: 'cut', seq: 4 })
  expect(verifyAudit([], check)).toMatchObject({ problem: 'cut' })
  expect(verifyAudit(records, check)).toMatchObject({ ok: true })
})

test('records wait in order for a sink that fails, and are all there once it works again', async () => {
  const world = virtualClock()
  const kept = memoryAudit()
  const errors: unknown[] = []
  let isBroken = true
  const sink = {
    append: (record: AuditRecord) =>
      isBroken ? Promise.reject(new Error('disk full')) : kept.append(record),
  }
  const writer = new AuditWriter({ sink, world, onError: (error) => errors.push(error) })
  for (let at = 1; at <= 3; at++) writer.write(entry(at))
  await world.advance(10_000)
  expect(errors.length).toBeGreaterThan(1)
  expect(await kept.query()).toEqual([])
  isBroken = false
  await world.advance(60_000)
  writer.write(entry(4))
  await world.settle()
  const records = await kept.query()
  expect(records.map(({ at }) => at)).toEqual([1, 2, 3, 4])
  expect(verifyAudit(records)).toMatchObject({ ok: true, missed: 0 })
})

test('what found no room while the sink was broken is counted in the chain', async () => {
  const world = virtualClock()
  const kept = memoryAudit()
  let isBroken = true
  const sink = {
    append: (record: AuditRecord) =>
      isBroken ? Promise.reject(new Error('disk full')) : kept.append(record),
  }
  const writer = new AuditWriter({ sink, world, onError: () => {}, maxWaiting: 2 })
  for (let at = 1; at <= 5; at++) writer.write(entry(at))
  await world.settle()
  isBroken = false
  await world.advance(60_000)
  writer.write(entry(6))
  await world.settle()
  const records = await kept.query()
  expect(records.map(({ at, missed }) => [at, missed])).toEqual([
    [1, undefined],
    [2, undefined],
    [6, 3],
  ])
  expect(verifyAudit(records)).toMatchObject({ ok: true, missed: 3 })
})

test('a server that closes says what its sink did not take, and waits for no sink for ever', async () => {
  const world = virtualClock()
  for (const append of [() => Promise.reject(new Error('no')), () => new Promise<void>(() => {})]) {
    const errors: unknown[] = []
    const onError = (error: unknown): void => void errors.push(error)
    const writer = new AuditWriter({ sink: { append }, world, onError })
    writer.write(entry(1))
    writer.write(entry(2))
    const closed = writer.close()
    await world.advance(5_000)
    await closed
    expect(errors.at(-1)).toMatchObject({ code: 'STORE_FAILED', message: /^2 audit records/ })
  }
})

test('several servers keep their chains in one store, also where its answers are lost', async () => {
  const inner = memoryStore()
  let n = 0
  const store = {
    ...inner,
    async commit(...given: Parameters<typeof inner.commit>) {
      const result = await inner.commit(...given)
      return n++ % 2 === 0 && result === 'committed' ? 'unknown' : result
    },
  }
  const world = virtualClock()
  const logs = [storeAudit(store), storeAudit(store)]
  const writers = logs.map((sink) => new AuditWriter({ sink, world, onError: () => {} }))
  for (let at = 1; at <= 20; at++) for (const writer of writers) writer.write(entry(at))
  await Promise.all(writers.map((writer) => writer.close()))
  const records = await logs[0]!.query()
  expect(records).toHaveLength(40)
  expect(await logs[1]!.query()).toEqual(records)
  expect(verifyAudit(records)).toMatchObject({ ok: true, records: 40 })
})

test('nobody changes what is kept by changing what they were given', async () => {
  const sink = memoryAudit()
  const [record] = await chain(1)
  await sink.append(record!)
  Object.assign((await sink.query())[0]!, { principalId: 'eve' })
  expect(verifyAudit(await sink.query())).toMatchObject({ ok: true })
})
