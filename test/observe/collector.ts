import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

type Value = Readonly<Record<string, unknown>>

/** A span as it came over OTLP. */
export interface ReceivedSpan {
  readonly service: unknown
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly { readonly name: string; readonly attributes: object }[]
  readonly isError: boolean
}

interface RawSpan extends Omit<ReceivedSpan, 'attributes' | 'events' | 'service' | 'isError'> {
  readonly attributes: readonly RawAttribute[]
  readonly events: readonly {
    readonly name: string
    readonly attributes: readonly RawAttribute[]
  }[]
  readonly status: { readonly code?: number }
}

interface RawAttribute {
  readonly key: string
  readonly value: Value
}

interface RawRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly RawAttribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[]
  }[]
}

/** A collector that takes OTLP in JSON over HTTP, and keeps what came. */
export async function startCollector(): Promise<{
  readonly url: string
  readonly spans: ReceivedSpan[]
  close(): Promise<void>
}> {
  const spans: ReceivedSpan[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      spans.push(...received(JSON.parse(body) as RawRequest))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    spans,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function received({ resourceSpans }: RawRequest): readonly ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        parentSpanId: span.parentSpanId ?? '',
        service: recordOf(resource.attributes)['service.name'],
        attributes: recordOf(span.attributes),
        events: (span.events ?? []).map(({ name, attributes }) => ({
          name,
          attributes: recordOf(attributes),
        })),
        isError: span.status?.code === 2,
      })),
    ),
  )
}

function recordOf(attributes: readonly RawAttribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]))
}

/** The value itself, whatever OTLP calls its kind. */
function plain(value: Value): unknown {
  const [kind = '', inner] = Object.entries(value)[0] ?? []
  if (kind === 'intValue') return Number(inner)
  if (kind === 'arrayValue') return (inner as { values: Value[] }).values.map(plain)
  return inner
}
