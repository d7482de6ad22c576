// The demo, watched as in examples/monitoring: what a collector and a scrape really get.
import { beforeAll, describe, expect, test } from 'vitest'
import type { ReceivedSpan } from './collector.ts'
import { samplesOf } from './scrape.ts'
import { type Visit, visitShop } from './shop-visit.ts'

const kinds = { internal: 1, client: 3 }

let visit: Visit
let spans: readonly ReceivedSpan[] = []
beforeAll(async () => {
  visit = await visitShop()
  ;({ spans } = visit)
})

const of = (service: string, operation: string): readonly ReceivedSpan[] =>
  spans.filter(
    (span) => span.service === service && span.attributes['gen_ai.operation.name'] === operation,
  )
const parentOf = (span: ReceivedSpan): ReceivedSpan | undefined =>
  spans.find(({ spanId }) => spanId === span.parentSpanId)

/** How often each comes. */
function tally(values: readonly unknown[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1
  return counts
}

describe('spans over OTLP', () => {
  test('a turn is one trace, named after the agent, and says how it ended', () => {
    const turns = of('shop', 'invoke_agent')
    expect(turns).toHaveLength(3)
    expect(new Set(turns.map(({ traceId }) => traceId)).size).toBe(3)
    for (const turn of turns) {
      expect(turn).toMatchObject({ name: 'invoke_agent shop', kind: kinds.internal })
      expect(turn.parentSpanId).toBe('')
      expect(turn.attributes).toMatchObject({
        'gen_ai.agent.name': 'shop',
        'gen_ai.provider.name': 'openai',
        'gen_ai.conversation.id': expect.any(String),
        'toolwire.turn.reason': 'stop',
        'toolwire.turn.max_steps': 20,
      })
    }
  })

  test('each request to the model is a span of its turn', () => {
    const requests = of('shop', 'chat')
    expect(requests.length).toBeGreaterThan(5)
    for (const request of requests) {
      expect(request).toMatchObject({ name: 'chat scripted', kind: kinds.client })
      expect(parentOf(request)?.name).toBe('invoke_agent shop')
      expect(request.attributes).toMatchObject({
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'scripted',
        'gen_ai.request.stream': true,
        'toolwire.step': expect.any(Number),
      })
    }
    const reasons = requests.flatMap(
      ({ attributes }) => attributes['gen_ai.response.finish_reasons'],
    )
    expect(new Set(reasons)).toEqual(new Set(['tool-calls', 'stop']))
  })

  test('each call that began is a span of its turn, wherever it ran', () => {
    const calls = of('shop', 'execute_tool')
    const names = calls.map(({ attributes }) => attributes['gen_ai.tool.name'])
    const begun = visit.client.calls.filter(({ timings }) => timings.startedAt !== undefined)
    expect(tally(names)).toEqual(tally(begun.map(({ toolName }) => toolName)))
    for (const call of calls) {
      expect(call.name).toBe(`execute_tool ${String(call.attributes['gen_ai.tool.name'])}`)
      expect(call.kind).toBe(kinds.internal)
      expect(parentOf(call)?.name).toBe('invoke_agent shop')
      expect(call.attributes).toMatchObject({
        'gen_ai.tool.call.id': expect.any(String),
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.description': expect.any(String),
      })
    }
    const failed = calls.filter(({ isError }) => isError)
    expect(failed.map(({ attributes }) => attributes['error.type'])).toEqual(['sql-error'])
  })

  test('what the page ran stands in the trace of the server', () => {
    const onPage = of('page', 'execute_tool')
    expect(onPage.length).toBeGreaterThan(5)
    for (const span of onPage) {
      expect(parentOf(span)).toMatchObject({
        service: 'shop',
        name: span.name,
        traceId: span.traceId,
      })
      expect(parentOf(span)?.attributes['toolwire.executor']).toBe('client')
    }
  })

  test('nothing says what tools were given and gave', () => {
    const said = JSON.stringify(spans)
    expect(said).not.toMatch(/arguments|tool\.call\.result|SELECT p\.name|Best sellers/)
  })
})

test('a scrape counts each call of the demo once, by how it ended', () => {
  const counted = samplesOf(visit.scrape, 'toolwire_calls_total').map(({ labels, value }) => [
    `${labels['gen_ai_tool_name']} ${labels['toolwire_call_state']}`,
    value,
  ])
  const seen = visit.client.calls.map(({ toolName, state }) => `${toolName} ${state}`)
  expect(Object.fromEntries(counted)).toEqual(tally(seen))
  const total = (name: string): number =>
    samplesOf(visit.scrape, name).reduce((sum, { value }) => sum + value, 0)
  expect(total('gen_ai_execute_tool_duration_count')).toBe(of('shop', 'execute_tool').length)
  expect(total('gen_ai_client_operation_duration_count')).toBe(of('shop', 'chat').length)
  expect(total('gen_ai_invoke_agent_duration_count')).toBe(3)
})

test('the demo answers a GET with its health', () => {
  const { status, body } = visit.health
  expect(status).toBe(200)
  expect(body).toMatchObject({
    ok: true,
    tools: { query: { failures: 1, lastError: { code: 'sql-error' }, circuit: 'closed' } },
    models: { 'openai-chat:scripted': { failures: 0, lastSuccessAt: expect.any(Number) } },
    store: { ok: true },
  })
  expect(visit.faults).toEqual([])
})
