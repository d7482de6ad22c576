import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { dressedBody, plainBody, readBody } from './body.ts'
import { type Format, type FuzzStream, formats, writeStream } from './grammar.ts'
import { byteMutations, itemMutations } from './mutations.ts'
import { Random } from './random.ts'
import type { FuzzCase } from './run-case.ts'

/** Recorded streams to damage, beside those that are written here. */
export type Recordings = Readonly<Record<Format, readonly FuzzStream[]>>

const folder = resolve(import.meta.dirname, '../../../shared/fixtures/streams')
const longestRecording = 24_000

/** The recorded streams; none where the folder beside the repository is absent. */
export function loadRecordings(): Recordings | undefined {
  const index = resolve(folder, 'index.jsonl')
  if (!existsSync(index)) return undefined
  const recordings: Record<Format, FuzzStream[]> = {
    'openai-chat': [],
    'openai-responses': [],
    anthropic: [],
    gemini: [],
    ollama: [],
    'cohere-v2': [],
  }
  for (const line of readFileSync(index, 'utf8').trim().split('\n')) {
    const { file, format, bytes }: { file: string; format: Format; bytes: number } =
      JSON.parse(line)
    if (bytes > longestRecording) continue
    const body = readFileSync(resolve(folder, file))
    const sse = /^\s*[^\s{[]/.test(body.toString())
    const framing = sse ? 'sse' : format === 'ollama' ? 'lines' : 'array'
    recordings[format].push({ format, framing, items: readBody(body, format), keyed: false })
  }
  return recordings
}

/** The case with a number: the same for the same seed, on every machine that has the same recordings. */
export function makeCase(
  seed: number,
  number: number,
  recordings: Recordings | undefined,
): FuzzCase {
  const random = new Random(seed, number)
  const format = formats[number % formats.length]!
  const take = (): FuzzStream => takeStream(format, random, recordings)
  const stream = take()
  const changes = damage(stream, random, take)
  const broke = random.chance(0.05)
  const sound = changes.names.length === 0
  return {
    title: `seed ${seed}, case ${number}: ${format}, ${[...changes.names, broke ? 'break' : ''].filter(Boolean).join(', ') || 'sound'}`,
    format,
    bytes: changes.bytes,
    calls: sound && !broke && stream.format === format ? stream.calls : undefined,
    keyed: stream.keyed && !changes.rekeys && stream.format === format,
    broke,
    splitSeed: random.below(2 ** 31),
    abortAfter: random.chance(0.01) ? random.below(10) : undefined,
  }
}

function takeStream(
  format: Format,
  random: Random,
  recordings: Recordings | undefined,
): FuzzStream {
  // Now and then another format altogether.
  const other = random.chance(0.01) ? random.pick(formats) : format
  const recorded = recordings?.[other] ?? []
  return recorded.length > 0 && random.chance(0.4)
    ? random.pick(recorded)
    : writeStream(other, random)
}

interface Damaged {
  readonly bytes: Uint8Array
  readonly names: readonly string[]
  readonly rekeys: boolean
}

function damage(stream: FuzzStream, random: Random, take: () => FuzzStream): Damaged {
  let { items } = stream
  const names: string[] = []
  let rekeys = false
  for (let count = random.pick([0, 0, 1, 1, 1, 2, 3]); count > 0 && items.length > 0; count--) {
    const mutation = random.pick(itemMutations)
    names.push(mutation.name)
    rekeys ||= mutation.rekeys
    items = mutation.apply(items, random, take().items)
  }
  const changed = { ...stream, items }
  let bytes = random.chance(0.5) ? plainBody(changed) : dressedBody(changed, random)
  for (let count = random.pick([0, 0, 0, 1, 1, 3]); count > 0; count--) {
    const mutation = random.pick(byteMutations)
    names.push(mutation.name)
    rekeys = true
    bytes = mutation.apply(bytes, random)
  }
  return { bytes, names, rekeys }
}
