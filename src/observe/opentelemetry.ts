import { type MeterProvider, type TracerProvider, metrics, trace } from '@opentelemetry/api'
import type { Observer } from '../ports/index.ts'
import { Measures } from './opentelemetry/measures.ts'
import { Spans } from './opentelemetry/spans.ts'

export interface OpenTelemetryOptions {
  /** Default: the global one, as the SDK of OpenTelemetry registers it. */
  readonly tracerProvider?: TracerProvider
  /** Likewise. */
  readonly meterProvider?: MeterProvider
  /** What the spans of turns are named after. */
  readonly agentName?: string
  /**
   * Whether spans hold the inputs, outputs and error texts of calls, with secrets and declared fields taken out.
   * Default: false.
   */
  readonly recordContent?: boolean
}

const scope = 'toolwire'

/**
 * Traces and metrics by OpenTelemetry, for `createToolServer({ observer })` and for `createToolClient({ observer })`,
 * whose spans become children of the server's. Names are those of the GenAI conventions.
 */
export function openTelemetry({
  tracerProvider = trace,
  meterProvider = metrics,
  agentName,
  recordContent = false,
}: OpenTelemetryOptions = {}): Observer {
  const spans = new Spans({ tracer: tracerProvider.getTracer(scope), agentName })
  const measures = new Measures(meterProvider.getMeter(scope), agentName)
  return {
    takesContent: recordContent,
    observe(happening) {
      spans.observe(happening)
      measures.observe(happening)
    },
    within: (id, work) => spans.within(id, work),
    traceparent: (id) => spans.traceparent(id),
  }
}
