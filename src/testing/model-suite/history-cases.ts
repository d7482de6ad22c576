import type { Message } from '../../protocol/index.ts'
import type { HistoryProblem } from '../history/place.ts'
import { type SuiteCase, demand, demandNone } from '../suite-case.ts'
import { Bench } from './bench.ts'
import { foreignSecret, messageOf, neutralHistory, user } from './neutral-history.ts'
import type { ModelRecording } from './recording.ts'
import type { Served } from './served.ts'
import { type SentRequest, bytesOf } from './wire.ts'

/** Says what the server would refuse of a request. */
export type ValidateHistory = (body: unknown) => readonly HistoryProblem[]

/** The cases of what an adapter sends of a conversation. */
export function historyCases(
  recordings: Readonly<Record<string, ModelRecording>>,
  served: Served,
  validate: ValidateHistory | undefined,
): SuiteCase[] {
  const answers = Object.entries(recordings)
  return [
    {
      name: 'state of another provider stays at home',
      run: async () => {
        const request = await sent(served, neutralHistory)
        demand(
          !request.text.includes(foreignSecret),
          'The request holds state of another provider.',
        )
      },
    },
    ...answers.flatMap(([situation, recording]) => echoCases(situation, recording, served)),
    ...(validate
      ? [
          {
            name: 'the server takes the history of a hard conversation, whatever was last',
            run: () => checkPrefixes(served, validate),
          },
          ...answers.map(([situation, recording]) => ({
            name: `${situation}: goes back as a history that the server takes`,
            run: () => checkAnswer(served, { recording, validate }),
          })),
        ]
      : []),
  ]
}

async function sent(
  { create, contentType, streams }: Served,
  history: (model: Bench['model']) => readonly Message[],
): Promise<SentRequest> {
  const bench = Bench.serving(create, [bytesOf(streams.text.bytes)], { contentType })
  await bench.ask({ messages: history(bench.model) })
  const [request] = bench.wire.requests
  demand(request !== undefined, 'No request was sent.')
  return request
}

/** The message that a recorded answer leaves behind. */
async function recorded(
  { create, contentType }: Served,
  { bytes }: ModelRecording,
  modelId?: string,
): Promise<Message> {
  const bench = Bench.serving(create, [bytesOf(bytes)], { contentType })
  return messageOf(await bench.ask(), modelId ?? bench.model.id)
}

function echoCases(situation: string, recording: ModelRecording, served: Served): SuiteCase[] {
  const { echoes = [], calls = [] } = recording.expected
  const ids = calls.flatMap(({ toolCallId }) => toolCallId ?? [])
  if (echoes.length + ids.length === 0) return []
  return [
    {
      name: `${situation}: ids and state go back as they came, and state to no other model`,
      run: async () => {
        const own = await sent(served, await historyOf(served, recording))
        for (const text of [...ids, ...echoes.map(asJson)])
          demand(own.text.includes(text), `The next request holds no "${text}".`)
        const other = await sent(served, await historyOf(served, recording, 'another:model'))
        for (const text of echoes.map(asJson))
          demand(!other.text.includes(text), `A request to another model holds "${text}".`)
      },
    },
  ]
}

async function historyOf(
  served: Served,
  recording: ModelRecording,
  modelId?: string,
): Promise<() => readonly Message[]> {
  const message = await recorded(served, recording, modelId)
  return () => [user('Go'), message, user('And now?')]
}

/** As it stands in a JSON text. */
function asJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

async function checkPrefixes(served: Served, validate: ValidateHistory): Promise<void> {
  const { model } = new Bench(served.create, () => new Response(''))
  const whole = neutralHistory(model)
  for (let length = 1; length <= whole.length; length++) {
    const { body } = await sent(served, () => whole.slice(0, length))
    demandNone(validate(body).map((problem) => sentence(problem, `of ${length} messages`)))
  }
}

async function checkAnswer(
  served: Served,
  {
    recording,
    validate,
  }: { readonly recording: ModelRecording; readonly validate: ValidateHistory },
): Promise<void> {
  const message = await recorded(served, recording)
  const called = message.parts.some((part) => part.type === 'tool')
  const histories = [
    [user('Go'), message, user('And now?')],
    // What is answered goes on by itself.
    ...(called ? [[user('Go'), message]] : []),
  ]
  for (const messages of histories) {
    const { body } = await sent(served, () => messages)
    demandNone(validate(body).map((problem) => sentence(problem, 'with this answer')))
  }
}

function sentence({ path, rule, problem }: HistoryProblem, which: string): string {
  return `The history ${which} would be refused at "${path}" (${rule}): ${problem}`
}
