import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type OpenTelemetryOptions, openTelemetry } from '../../src/observe/opentelemetry.ts'
import type { AttemptStarted, CallSettled, Observer } from '../../src/ports/index.ts'
import { desk, sides } from '../guards/desk.ts'
import { badDay } from './bad-day.ts'

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
})
afterAll(() => context.disable())

interface Point {
  readonly attributes: object
  readonly value: unknown
}

/** An observer, and what an SDK makes of it. */
function sdk(options: OpenTelemetryOptions = {}): {
  readonly observer: Observer
  readonly spans: (name?: string) => readonly ReadableSpan[]
  readonly tracerProvider: TracerProvider
  readonly points: (name: string) => Promise<readonly Point[]>
} {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({
    exporter: metrics,
    exportIntervalMillis: 3_600_000,
  })
  const meterProvider = new MeterProvider({ readers: [reader] })
  return {
    observer: openTelemetry({ tracerProvider, meterProvider, ...options }),
    tracerProvider,
    spans: (name) => exporter.getFinishedSpans().filter((span) => !name || span.name === name),
    async points(name) {
      await meterProvider.forceFlush()
      return metrics
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }): readonly Point[] => dataPoints)
    },
  }
}

const started: AttemptStarted = {
  type: 'attempt-started',
  at: 1,
  conversationId: 'c',
  turnId: 't',
  id: 'a',
  callId: 'k',
  toolCallId: 'call_1',
  toolName: 'work',
  executor: 'client',
  attempt: 1,
}

describe('spans', () => {
  test('what a handler does stands within the span of its call', async () => {
    for (const side of sides) {
      const it = sdk()
      const ownTracer = it.tracerProvider.getTracer('app')
      const place = desk({
        side,
        execute: async () => {
          await Promise.resolve()
          ownTracer.startSpan('SELECT').end()
          return 'done'
        },
        [side]: { observer: it.observer },
      })
      await place.call()
      const [query] = it.spans('SELECT')
      const [call] = it.spans('execute_tool work')
      expect(query?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId)
      await place.end()
    }
  })

  test('what a model does stands within the span of its request', async () => {
    const it = sdk()
    const seen: unknown[] = []
    const place = desk({ side: 'server', server: { observer: it.observer } })
    const { model } = place
    const inner = model.stream.bind(model)
    Object.assign(model, {
      async *stream(request: Parameters<typeof inner>[0]) {
        seen.push(trace.getActiveSpan()?.spanContext().spanId)
        yield* inner(request)
      },
    })
    await place.call()
    expect(seen).toEqual(it.spans('chat scripted').map((span) => span.spanContext().spanId))
    await place.end()
  })

  test('inputs and outputs are in no span, unless the host asks for them', async () => {
    const options = {
      side: 'server',
      tool: { inputSchema: z.looseObject({ pin: z.string().meta({ 'x-secret': true }) }) },
      input: () => ({ pin: '4711', city: 'Rome' }),
      execute: () => ({ city: 'Rome' }),
    } as const
    for (const recordContent of [false, true]) {
      const it = sdk({ recordContent })
      const place = desk({ ...options, server: { observer: it.observer } })
      await place.call()
      const [call] = it.spans('execute_tool work')
      expect(call?.attributes['gen_ai.tool.call.arguments']).toBe(
        recordContent ? '{"pin":"[redacted]","city":"Rome"}' : undefined,
      )
      expect(call?.attributes['gen_ai.tool.call.result']).toBe(
        recordContent ? '{"city":"Rome"}' : undefined,
      )
      await place.end()
    }
  })

  test('tokens, errors and refusals are said as the conventions say them', async () => {
    const it = sdk()
    await badDay({ server: it.observer })
    expect(it.spans('chat scripted')[0]?.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 10,
      'gen_ai.usage.cache_read.input_tokens': 60,
      'gen_ai.usage.reasoning.output_tokens': 4,
    })
    expect(it.spans('chat falling')[0]).toMatchObject({
      status: { code: 2 },
      attributes: { 'error.type': 'MODEL_PROVIDER' },
    })
    expect(
      it.spans('execute_tool flaky').map(({ attributes }) => attributes['error.type']),
    ).toEqual(['handler-error', 'handler-error', 'circuit-open'])
    const [turn] = it.spans('invoke_agent')
    expect(turn?.events).toMatchObject([
      {
        name: 'toolwire.call.refused',
        attributes: { 'gen_ai.tool.name': 'nowhere', 'error.type': 'unknown-tool' },
      },
    ])
    expect(turn?.attributes).toMatchObject({ 'toolwire.turn.reason': 'max-steps' })
  })

  test('a server and a client in one process share an observer', async () => {
    const it = sdk()
    await badDay({ server: it.observer, client: it.observer })
    const [onClient, onServer] = it.spans('execute_tool paint')
    expect(onClient?.parentSpanContext?.spanId).toBe(onServer?.spanContext().spanId)
    const turn = it.spans('invoke_agent')[0]?.spanContext()
    expect(onServer?.parentSpanContext?.spanId).toBe(turn?.spanId)
    expect(onClient?.spanContext().traceId).toBe(turn?.traceId)
    // Counted once, at the server.
    const paints = (await it.points('gen_ai.execute_tool.duration')).filter(
      ({ attributes }) =>
        'gen_ai.tool.name' in attributes && attributes['gen_ai.tool.name'] === 'paint',
    )
    expect(paints).toMatchObject([{ value: { count: 1 } }])
  })

  test.each([
    '',
    'nonsense',
    '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
    'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
  ])('a traceparent that is none, such as "%s", begins a trace of its own', (traceparent) => {
    const it = sdk()
    it.observer.observe({ ...started, traceparent })
    it.observer.observe({ ...started, type: 'attempt-finished', state: 'output-available' })
    expect(it.spans()).toHaveLength(1)
    expect(it.spans()[0]?.parentSpanContext).toBeUndefined()
  })

  test('a traceparent of a later version is gone on with', () => {
    const it = sdk()
    const traceparent = '01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more'
    it.observer.observe({ ...started, traceparent })
    expect(it.observer.traceparent?.('a')).toMatch(
      /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/,
    )
    expect(it.observer.traceparent?.('another')).toBeUndefined()
  })

  test('without an SDK nothing is traced, and no traceparent is made up', () => {
    const observer = openTelemetry()
    observer.observe(started)
    expect(observer.traceparent?.('a')).toBeUndefined()
    expect(observer.within?.('a', () => 7)).toBe(7)
  })
})

describe('metrics', () => {
  test('a name that the model made up becomes no series', async () => {
    const it = sdk()
    await badDay({ server: it.observer })
    const names = (await it.points('toolwire.calls')).flatMap(({ attributes }) =>
      Object.values(attributes),
    )
    expect(names).toContain('_OTHER')
    expect(names).not.toContain('nowhere')
  })

  test('clients cannot make series without end', async () => {
    const it = sdk()
    const settled: CallSettled = {
      ...started,
      type: 'call-settled',
      state: 'output-error',
      isKnown: true,
      durationMs: 5,
    }
    for (let n = 0; n < 1_500; n++)
      it.observer.observe({ ...settled, toolName: 'work', errorCode: `code-${n}` })
    it.observer.observe({ ...settled, errorCode: 'x'.repeat(1_000) })
    const points = await it.points('toolwire.call.errors')
    expect(points).toHaveLength(201)
    const codes = points.map(({ attributes }) => Object.entries(attributes))
    expect(codes).toContainEqual(expect.arrayContaining([['error.type', '_OTHER']]))
  })
})
