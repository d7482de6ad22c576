import { canonicalJson } from '../../base/index.ts'
import { type SuiteCase, demand, demandEqual } from '../suite-case.ts'
import { virtualClock } from '../virtual-clock.ts'
import { type Answer, essence } from './answer.ts'
import { Bench, demandSaid } from './bench.ts'
import type { ExpectedAnswer, ExpectedCall, ModelRecording } from './recording.ts'
import type { Served } from './served.ts'
import { bytesOf, splitBytes } from './wire.ts'

/** The cases of one recorded answer. */
export function streamCases(
  situation: string,
  recording: ModelRecording,
  served: Served,
): SuiteCase[] {
  const bytes = bytesOf(recording.bytes)
  return [
    {
      name: `${situation}: becomes what it is`,
      run: async () => demandExpected(await decode(served, [bytes]), recording.expected),
    },
    {
      name: `${situation}: is the same however its bytes are split`,
      run: () => checkSplits(served, bytes),
    },
    {
      name: `${situation}: cut off anywhere, gives no call that is not whole`,
      run: () => checkCuts(served, bytes),
    },
  ]
}

function decode(
  { create, contentType }: Served,
  pieces: readonly Uint8Array[],
  end: 'close' | 'break' = 'close',
): Promise<Answer> {
  return Bench.serving(create, pieces, { contentType, end }).ask()
}

function demandExpected(answer: Answer, expected: ExpectedAnswer): void {
  const { text = '', refusal = '', reasoning = '', calls = [] } = expected
  const names = (all: readonly { readonly toolName: string }[]): readonly string[] =>
    all.map(({ toolName }) => toolName)
  demandEqual(answer.text, text, 'The text')
  demandEqual(answer.refusal, refusal, 'The refusal')
  demandEqual(answer.reasoning, reasoning, 'The reasoning')
  demandEqual(names(answer.calls), names(calls), 'The calls')
  calls.forEach((call, index) => demandCall(answer.calls[index], call))
  demandEnd(answer, expected)
}

function demandEnd(
  { finish, error: problem }: Answer,
  { reason, rawReason, usage, error }: ExpectedAnswer,
): void {
  demandEqual(finish?.reason, reason, 'The reason')
  if (rawReason !== undefined) demandEqual(finish?.rawReason, rawReason, 'The raw reason')
  if (usage) demandEqual(finish?.usage, usage, 'The usage')
  if (error !== undefined) demandSaid(problem, error)
}

function demandCall(call: Answer['calls'][number] | undefined, expected: ExpectedCall): void {
  const { toolName, toolCallId, input, problem } = expected
  demandEqual(call?.input, input, `The input of the call of "${toolName}"`)
  demandEqual(call?.problem, problem, `What is wrong with the call of "${toolName}"`)
  if (toolCallId !== undefined)
    demandEqual(call?.toolCallId, toolCallId, `The id of the call of "${toolName}"`)
}

const seeds = Array.from({ length: 16 }, (_, index) => index + 1)

async function checkSplits(served: Served, bytes: Uint8Array): Promise<void> {
  const whole = essence(await decode(served, [bytes]))
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
  demandEqual(essence(await decode(served, single)), whole, 'The answer byte by byte')
  for (const seed of seeds) {
    const chance = virtualClock({ seed })
    const pieces = splitBytes(bytes, () => chance.random())
    demandEqual(essence(await decode(served, pieces)), whole, `The answer split with seed ${seed}`)
  }
}

/** Enough places to meet every kind of event, and never the same for two streams. */
const cuts = 100

async function checkCuts(served: Served, bytes: Uint8Array): Promise<void> {
  const whole = await decode(served, [bytes])
  for (let cut = 0; cut < cuts; cut++) {
    const kept = Math.floor((cut / cuts) * bytes.length)
    const end = cut % 2 === 0 ? 'close' : 'break'
    const answer = await decode(served, [bytes.slice(0, kept)], end)
    demandBeginning(answer, whole, `Cut after ${kept} of ${bytes.length} bytes`)
  }
}

/** What a cut answer may say: the beginning of the whole, and nothing to run that the whole would not run. */
function demandBeginning(answer: Answer, whole: Answer, where: string): void {
  demand(whole.text.startsWith(answer.text), `${where}, the text is "${answer.text}".`)
  answer.calls.forEach((call, index) => {
    const same =
      canonicalJson(call.input ?? null) === canonicalJson(whole.calls[index]?.input ?? null)
    demand(call.input === undefined || same, `${where}, the call of "${call.toolName}" can be run.`)
  })
  // Some servers say that the model is done before the very end.
  const ended =
    answer.finish?.reason === whole.finish?.reason && answer.calls.length === whole.calls.length
  demand(
    answer.finish?.reason === 'error' || (ended && answer.text === whole.text),
    `${where}, the reason is "${answer.finish?.reason}".`,
  )
}
