import { type World, isToolwireError } from '../../base/index.ts'
import type { Model, ModelRequest } from '../../ports/index.ts'
import { type VirtualClock, virtualClock } from '../virtual-clock.ts'
import { demand, demandEqual, demandNone } from '../suite-case.ts'
import { type Answer, gather } from './answer.ts'
import { grammarProblems } from './grammar.ts'
import { user } from './neutral-history.ts'
import { type Ending, Wire } from './wire.ts'

/** What the adapter under test is made with. */
export interface ModelUnderTest {
  /** Every request goes through it. */
  readonly fetch: typeof globalThis.fetch
  /** The adapter's clock and chance; time passes in it as soon as it is waited for. */
  readonly world: World
}

export type CreateModel = (options: ModelUnderTest) => Model

/** One adapter before one server. */
export class Bench {
  readonly wire: Wire
  readonly model: Model
  readonly #clock: VirtualClock = virtualClock()

  constructor(create: CreateModel, answer: (wire: Wire) => Response | Promise<Response>) {
    this.wire = new Wire(answer)
    this.model = create({ fetch: this.wire.fetch, world: this.#clock })
  }

  static serving(
    create: CreateModel,
    pieces: readonly Uint8Array[],
    options: { readonly contentType: string; readonly end?: Ending },
  ): Bench {
    return new Bench(create, (wire) => wire.stream(pieces, options))
  }

  /** What the model answers, held to the grammar of the port. */
  async ask(request: Partial<ModelRequest> = {}): Promise<Answer> {
    const asked = frozen({ messages: [user('Go')], ...request })
    const answer = await gather(this.model.stream(asked))
    demandNone(grammarProblems(answer, this.model))
    return answer
  }

  /** The same, where the adapter waits between repetitions: that time passes at once. */
  async askPatiently(): Promise<Answer> {
    const over = new AbortController()
    const asked = this.ask().finally(() => over.abort())
    // It is waited for below, and may fail before.
    asked.catch(() => {})
    while (!over.signal.aborted) await this.#clock.advance(60_000)
    return asked
  }

  /** Waits for `work`, but not for ever: nothing in here takes time. */
  async soon<T>(work: Promise<T>): Promise<T> {
    const over = new AbortController()
    const settled = work.finally(() => over.abort())
    settled.catch(() => {})
    for (let turn = 0; turn < 100 && !over.signal.aborted; turn++) await this.#clock.settle()
    demand(over.signal.aborted, 'The adapter waits for something that does not come.')
    return settled
  }

  /** Demands that `work` throws `ABORTED`. */
  async demandAborted(work: Promise<unknown>): Promise<void> {
    const outcome = this.soon(work).then(
      () => 'it ended',
      (error: unknown) => (isToolwireError(error) ? error.code : `it threw ${String(error)}`),
    )
    demandEqual(await outcome, 'ABORTED', 'The outcome of an abort')
  }
}

/** Demands that the error says `words`. */
export function demandSaid(error: Answer['error'], words: string): void {
  const said = error?.message ?? ''
  demand(said.includes(words), `The error says "${said}", with nothing of "${words}".`)
}

/** So that an adapter which changes its request throws. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof AbortSignal))
    for (const inner of Object.values(Object.freeze(value))) frozen(inner)
  return value
}
