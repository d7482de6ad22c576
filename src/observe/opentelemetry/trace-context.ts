import {
  type Context,
  ROOT_CONTEXT,
  type SpanContext,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api'

const form = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/

/** W3C Trace Context, level 1. `undefined` where there is no trace, as without an SDK. */
export function traceparentOf(span: SpanContext): string | undefined {
  const { traceId, spanId, traceFlags } = span
  const flags = (traceFlags & 0xff).toString(16).padStart(2, '0')
  return isSpanContextValid(span) ? `00-${traceId}-${spanId}-${flags}` : undefined
}

/** The context to go on in; a new trace where `traceparent` says none that is valid. */
export function contextOf(traceparent: string): Context {
  const [, traceId = '', spanId = '', flags = ''] = form.exec(traceparent) ?? []
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
}
