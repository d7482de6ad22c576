// One tool call through every guard there is: what does that cost beside calling the handler, and beside what
// the AI SDK does for one call between model and handler?
import { generateText, stepCountIs, tool as aiTool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { z } from 'zod'
import { systemWorld } from '../src/base/index.ts'
import { ServerGuards, runTool, withModelView } from '../src/guards/index.ts'
import { createToolServer } from '../src/server/index.ts'
import { scriptedModel } from '../src/testing/index.ts'
import { defineTool } from '../src/tools/index.ts'

/** What it may cost for each call. */
const LIMIT_US = 50
/** Calls of one step of the AI SDK, and of ours where a whole turn is measured. */
const CALLS_OF_STEP = 20
/** In each round every contender has one turn, in another order each time. */
const ROUNDS = 31
/** One turn lasts about this long. */
const TURN_MS = 40
const WARM_UP_MS = 1_000

const inputSchema = z.object({
  query: z.string(),
  limit: z.number().int(),
  tags: z.array(z.string()),
})
const outputSchema = z.object({ total: z.number(), hits: z.array(z.object({ id: z.string() })) })
const execute = async ({ query, limit }: z.infer<typeof inputSchema>) => ({
  total: limit,
  hits: Array.from({ length: 5 }, (_, n) => ({ id: `${query}-${n}` })),
})
const inputOf = (n: number) => ({ query: `shoes ${n}`, limit: 5, tags: ['red', 'leather'] })

const search = defineTool({
  name: 'search',
  description: 'Searches.',
  inputSchema,
  outputSchema,
  readOnly: true,
  timeoutMs: 10_000,
  idleTimeoutMs: 5_000,
  retry: { attempts: 3, minDelayMs: 100, maxDelayMs: 1_000 },
  rateLimit: { limit: 1_000_000, windowMs: 20, by: 'user' },
  cache: { ttlMs: 60_000, by: 'user' },
  maxModelOutputChars: 10_000,
  execute,
})

let n = 0
const onError = ({ error }: { error: unknown }): never => {
  throw error
}
const guards = new ServerGuards({
  world: systemWorld,
  limits: { maxConcurrent: 1_000, maxConcurrentPerTool: 100 },
  guards: [(_, next) => next()],
})

async function guarded(): Promise<unknown> {
  const id = String(++n)
  const { signal } = new AbortController()
  const leave = await guards.enter('search', signal)
  const call = {
    callId: id,
    toolCallId: id,
    toolName: 'search',
    input: inputOf(n),
    argsHash: id,
    attempt: 1,
    timeoutMs: 10_000,
  }
  const options = {
    world: systemWorld,
    signal,
    cancelGraceMs: 5_000,
    progress: () => {},
    onError,
    toolCallId: id,
    maxModelOutputChars: 10_000,
  }
  const outcome = await guards.run(
    {
      ...call,
      tool: search,
      executor: 'server',
      conversationId: 'c',
      principal: { id: 'me' },
      signal,
    },
    () => runTool(search, call, options),
    options,
  )
  const { output } = await withModelView(search, outcome, options)
  leave?.()
  return output
}

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}

/** One step of the AI SDK with so many calls, which the loop ends after. */
async function aiStep(calls: number): Promise<unknown> {
  const model = new MockLanguageModelV4({
    doGenerate: async () => ({
      content:
        calls === 0
          ? [{ type: 'text', text: 'Done.' }]
          : Array.from({ length: calls }, () => ({
              type: 'tool-call',
              toolCallId: String(++n),
              toolName: 'search',
              input: JSON.stringify(inputOf(n)),
            })),
      finishReason: { unified: calls === 0 ? 'stop' : 'tool-calls', raw: undefined },
      usage,
      warnings: [],
    }),
  })
  const tools = { search: aiTool({ description: 'Searches.', inputSchema, outputSchema, execute }) }
  const { toolResults } = await generateText({
    model,
    tools,
    prompt: 'Go.',
    stopWhen: stepCountIs(1),
  })
  if (toolResults.length !== calls)
    throw new Error(`${toolResults.length} results of ${calls} calls`)
  return toolResults[0]?.output
}

/** One turn of ours with so many calls: the log, its events and the second model step are in it. */
async function ourTurn(calls: number): Promise<unknown> {
  const toolCalls = Array.from({ length: calls }, () => ({
    toolName: 'search',
    input: inputOf(++n),
  }))
  const server = createToolServer({
    model: scriptedModel([calls === 0 ? { text: 'Done.' } : { toolCalls }, { text: 'Done.' }]),
    tools: [search],
  })
  const result = await server.run({ message: 'Go.' }).result
  await server.close()
  if (result.calls.some(({ state }) => state !== 'output-available'))
    throw new Error('a call failed')
  return result.calls[0]?.output
}

/** Each with how many calls one go of it makes. */
const contenders: Readonly<Record<string, () => Promise<unknown>>> = {
  handler: () => execute(inputOf(++n)),
  guarded,
  'ai, no call': () => aiStep(0),
  'ai, calls': () => aiStep(CALLS_OF_STEP),
  'turn, no call': () => ourTurn(0),
  'turn, calls': () => ourTurn(CALLS_OF_STEP),
}

/** Microseconds of processor time for one go, over about `ms`: what else the machine does is not counted. */
async function timed(contender: () => Promise<unknown>, ms: number): Promise<number> {
  const start = performance.now()
  const before = process.cpuUsage()
  let goes = 0
  while (performance.now() - start < ms) {
    await contender()
    goes++
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / goes
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

const names = Object.keys(contenders)
const rounds: Record<string, number>[] = []
for (const name of names) await timed(contenders[name], WARM_UP_MS / 2)
for (let round = 0; round < ROUNDS; round++) {
  const row: Record<string, number> = {}
  for (const at of names.keys()) {
    const name = names[(at + round) % names.length]
    row[name] = await timed(contenders[name], TURN_MS)
  }
  rounds.push(row)
}

const perCall = (row: Record<string, number>, name: string): number =>
  (row[`${name}, calls`] - row[`${name}, no call`]) / CALLS_OF_STEP - row['handler']
const cost = {
  'every guard on': median(rounds.map((row) => row['guarded'] - row['handler'])),
  'ai, between model and handler': median(rounds.map((row) => perCall(row, 'ai'))),
  'a whole turn of ours': median(rounds.map((row) => perCall(row, 'turn'))),
}
for (const [name, microseconds] of Object.entries(cost))
  print(`  ${name.padEnd(32)}${microseconds.toFixed(1).padStart(7)} µs a call`)
print(`
Processor time over calling the handler, the median of ${ROUNDS} rounds. "Every guard on": room, sizes, a guard of the host,
cache (always missed), circuit, rate limit, input and output schema, deadlines, retry, the model's view; a limit
of ${LIMIT_US} µs. "ai": what a step of generateText with ${CALLS_OF_STEP} calls takes beyond one without, divided by them: it reads the
input as JSON, checks it and calls the handler, with no limits, deadline or output check. "A whole turn" is the same
difference of ours: beside the guards it writes and folds the events of each call, which nothing of ai's does.`)

const own = cost['every guard on']
if (own > LIMIT_US || own > cost['ai, between model and handler']) {
  print('\nThe guards cost too much.')
  process.exitCode = 1
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
