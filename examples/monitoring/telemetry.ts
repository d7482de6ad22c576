import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { openTelemetry } from 'toolwire/observe/opentelemetry'
import type { Observer } from 'toolwire/server'

export interface Telemetry {
  readonly observer: Observer
  /** What Prometheus scrapes. */
  readonly metricsUrl: string
  /** Sends the spans that wait. */
  close(): Promise<void>
}

export interface TelemetryOptions {
  readonly serviceName: string
  /** 0 takes any that is free. */
  readonly metricsPort: number
  /** Where a collector takes OTLP over HTTP, as in `http://localhost:4318/v1/traces`. */
  readonly tracesUrl: string
}

/** An OpenTelemetry SDK: spans go out by OTLP, and metrics wait for a scrape. */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  // Spans of other instrumentations (fetch, a database) stand within those of the tools that use them.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const resource = resourceFromAttributes({ 'service.name': options.serviceName })
  const exporter = new OTLPTraceExporter({ url: options.tracesUrl })
  const tracerProvider = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  })
  const reader = new PrometheusExporter({ preventServerStart: true })
  const meterProvider = new MeterProvider({ resource, readers: [reader] })
  const server = createServer((request, response) => {
    if (request.url === '/metrics') reader.getMetricsRequestHandler(request, response)
    else response.writeHead(404).end()
  })
  const port = await listen(server, options.metricsPort)
  return {
    observer: openTelemetry({ tracerProvider, meterProvider, agentName: options.serviceName }),
    metricsUrl: `http://localhost:${port}/metrics`,
    async close() {
      await tracerProvider.shutdown()
      await meterProvider.shutdown()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** To this machine only: metrics name tools and models. */
async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  // A server that listens to a port has one.
  return (server.address() as AddressInfo).port
}
