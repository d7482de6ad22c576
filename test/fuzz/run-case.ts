import { type World, systemWorld } from '../../src/base/index.ts'
import type { ModelEvent } from '../../src/ports/index.ts'
import { adapters } from './adapters.ts'
import { bodyOf } from './body.ts'
import { type Decoded, type Expectation, abortFindings, findings } from './oracle.ts'
import { Random } from './random.ts'

/** A body to decode, and what has to hold of the answer. */
export interface FuzzCase extends Expectation {
  /** Names the case, with what was done to the stream. */
  readonly title: string
  /** Where the body is split. */
  readonly splitSeed: number
  /** After this many events the caller aborts. */
  readonly abortAfter: number | undefined
}

/** What is wrong with how the package decodes a case: as it comes over a network, and all at once. */
export async function runCase(fuzzCase: FuzzCase): Promise<readonly string[]> {
  const { bytes, splitSeed, abortAfter } = fuzzCase
  const random = new Random(splitSeed)
  const longest = Math.max(random.pick([1, 7, 60, 700, 5_000]), bytes.length >> 10)
  const split = await decode(fuzzCase, () => 1 + random.below(longest))
  if (abortAfter !== undefined && split.events.length >= abortAfter) return abortFindings(split)
  const found = findings(split, fuzzCase)
  const whole = await decode({ ...fuzzCase, abortAfter: undefined }, () => bytes.length)
  return isSame(split.events, whole.events)
    ? found
    : [...found, 'it depends on how the network splits the stream']
}

async function decode(fuzzCase: FuzzCase, pieces: () => number): Promise<Decoded> {
  const { format, bytes, broke, abortAfter } = fuzzCase
  const fetch = async (): Promise<Response> => new Response(bodyOf(bytes, pieces, broke))
  const model = adapters[format]({ model: 'm', fetch, world: fuzzWorld() })
  const abort = new AbortController()
  const events: ModelEvent[] = []
  if (abortAfter === 0) abort.abort()
  try {
    for await (const event of model.stream({ messages: [], signal: abort.signal })) {
      events.push(event)
      if (events.length === abortAfter) abort.abort()
      if (events.length > 1_000 + 2 * bytes.length) throw new Error('There is no end of events.')
    }
    return { events, thrown: undefined }
  } catch (thrown) {
    return { events, thrown: thrown ?? 'nothing' }
  }
}

/** Ids that repeat, so that two answers can be compared. */
function fuzzWorld(): World {
  let ids = 0
  return { ...systemWorld, randomId: () => `minted${ids++}` }
}

/** What breaks behind the end may come before it is read. */
function isSame(some: readonly ModelEvent[], others: readonly ModelEvent[]): boolean {
  return (
    some.length === others.length &&
    some.every((event, at) => textOf(event) === textOf(others[at]!))
  )
}

function textOf(event: ModelEvent): string {
  if (event.type === 'error') return `${event.error.code} ${event.error.message}`
  // Values may be nested deeper than anything can be written that is not text already.
  if (event.type === 'tool-input-end')
    return `${event.toolCallId} ${event.inputText} ${event.problem}`
  try {
    return JSON.stringify(event)
  } catch {
    return event.type
  }
}
