import { readFile } from 'node:fs/promises'
import { type AnyTool, type Model, type ModelEvent, defineTool, isToolwireError } from 'toolwire'
import { openaiChat } from 'toolwire/models/openai-chat'
import { createToolServer, stepCountIs } from 'toolwire/server'
import * as z from 'zod'
import { seededRandom } from './seeded-random.ts'

const seed = 1

/**
 * Feeds recorded bytes of a Chat Completions answer through the real adapter and a real tool server, and
 * writes what they become. Answers whether the file holds such an answer at all.
 */
export async function replay(file: string, write: (line: string) => void): Promise<boolean> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Error(`"${file}" cannot be read: ${cause instanceof Error ? cause.message : 'why?'}`)
  })
  const kind = kindOf(bytes)
  if (!kind) throw new Error(`"${file}" is neither a stream of server-sent events nor JSON.`)
  const names = namesOf(await eventsOf(recorded(bytes)))
  const { events, states } = await throughTheMachine(recorded(bytes), names)
  if (isForeign(events))
    throw new Error(`"${file}" holds no Chat Completions answer. ${problemOf(events)}`)
  write(`${file}: ${kind}, ${bytes.length} bytes, split at random (seed ${seed})`)
  for (const line of describe({ events, states })) write(line)
  return true
}

function kindOf(bytes: Uint8Array): string | null {
  const text = new TextDecoder().decode(bytes).trimStart()
  if (/^[{[]/.test(text)) return 'JSON'
  return /^(data|event):/m.test(text.replaceAll('\r', '\n')) ? 'server-sent events' : null
}

/** A model whose server answers with `bytes`, cut into pieces that end anywhere, also inside a character. */
function recorded(bytes: Uint8Array): Model {
  const fetch = async (): Promise<Response> => new Response(inPieces(bytes))
  return openaiChat({ model: 'recorded', fetch })
}

function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const random = seededRandom(seed)
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      const end = at + 1 + Math.floor(random() * 200)
      controller.enqueue(bytes.slice(at, end))
      at = end
    },
  })
}

async function eventsOf(model: Model): Promise<readonly ModelEvent[]> {
  const events: ModelEvent[] = []
  for await (const event of model.stream({ messages: [] })) events.push(event)
  return events
}

function namesOf(events: readonly ModelEvent[]): ReadonlySet<string> {
  const ends = events.filter((event) => event.type === 'tool-input-end')
  return new Set(ends.map(({ toolName }) => toolName))
}

interface Replayed {
  readonly events: readonly ModelEvent[]
  /** The states that each call passed, by its id. */
  readonly states: ReadonlyMap<string, readonly string[]>
}

/** One turn of one step, in which every tool that the recording calls exists and takes any object. */
async function throughTheMachine(model: Model, names: ReadonlySet<string>): Promise<Replayed> {
  const events: ModelEvent[] = []
  const states = new Map<string, string[]>()
  const server = createToolServer({
    model: {
      id: model.id,
      format: model.format,
      async *stream(request) {
        for await (const event of model.stream(request)) {
          events.push(event)
          yield event
        }
      },
    },
    tools: [...names].flatMap(anyInput),
    stopWhen: stepCountIs(1),
  })
  for await (const event of server.run({ message: 'What was recorded.' }))
    if (event.type === 'call') {
      const { toolCallId, state, errorText } = event.call
      const text = errorText === undefined ? state : `${state} (${errorText})`
      states.set(toolCallId, [...(states.get(toolCallId) ?? []), text])
    }
  await server.close()
  return { events, states }
}

/** A tool for whatever a recording asks of `name`; none where no tool may have that name. */
function anyInput(name: string): readonly AnyTool[] {
  try {
    return [
      defineTool({
        name,
        description: 'Takes whatever was recorded.',
        inputSchema: z.looseObject({}),
        execute: () => 'This is a replay; nothing was done.',
      }),
    ]
  } catch (error) {
    if (isToolwireError(error)) return []
    throw error
  }
}

/** Whether nothing of the recording made sense to the adapter. */
function isForeign(events: readonly ModelEvent[]): boolean {
  const [first] = events
  const finish = events.at(-1)
  return (
    first?.type === 'error' &&
    first.error.code === 'MODEL_PROTOCOL' &&
    finish?.type === 'finish' &&
    finish.rawReason === null &&
    Object.keys(finish.usage).length === 0
  )
}

function problemOf(events: readonly ModelEvent[]): string {
  const failure = events.find((event) => event.type === 'error')
  return failure ? `${failure.error.code}: ${failure.error.message.replace(/\s+/g, ' ')}` : 'none'
}

function describe({ events, states }: Replayed): readonly string[] {
  const ends = events.filter((event) => event.type === 'tool-input-end')
  const finish = events.find((event) => event.type === 'finish')
  const refusal = joined(events, 'refusal-delta')
  return [
    `text       ${JSON.stringify(joined(events, 'text-delta'))}`,
    `reasoning  ${joined(events, 'reasoning-delta').length} characters`,
    ...(refusal ? [`refusal    ${JSON.stringify(refusal)}`] : []),
    `calls      ${ends.length}`,
    ...ends.flatMap((end) => describeCall(end, states.get(end.toolCallId) ?? [])),
    `finish     ${finish?.reason} (the provider wrote ${JSON.stringify(finish?.rawReason)})`,
    `usage      ${JSON.stringify(finish?.usage)}`,
    `error      ${problemOf(events)}`,
  ]
}

function describeCall(
  end: Extract<ModelEvent, { type: 'tool-input-end' }>,
  states: readonly string[],
): readonly string[] {
  return [
    `  call     ${end.toolCallId}  ${end.toolName}`,
    end.input === undefined
      ? `    ${end.problem}  ${JSON.stringify(end.inputText)}`
      : `    input  ${JSON.stringify(end.input)}`,
    `    became ${states.join(' → ')}`,
  ]
}

function joined(
  events: readonly ModelEvent[],
  type: 'text-delta' | 'reasoning-delta' | 'refusal-delta',
): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('')
}
