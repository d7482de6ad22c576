import { ToolwireError, type World, systemFetch, systemWorld } from '../base/index.ts'
import type { Model, ModelEvent, ModelRequest } from '../ports/index.ts'
import { type RequestRetry, postJson, untilAborted } from './_http.ts'
import { ModelError } from './_model-error.ts'
import { ToolNames } from './_names.ts'
import { type OfferedTool, type ToolOffer, type ToolSchemas, checkChoice } from './_schema-tools.ts'
import type { ValueSplitter } from './_sse.ts'
import { type StreamDecoder, streamAnswer } from './_stream.ts'

/** What every adapter takes beside what is its own. */
export interface AdapterOptions {
  readonly model: string
  /** Added to each request, over those that the adapter sets. */
  readonly headers?: Readonly<Record<string, string>>
  readonly fetch?: typeof globalThis.fetch
  readonly retry?: RequestRetry
  readonly world?: World
}

/** What one request needs of its dialect. */
export interface DialectContext {
  /** The model that the request is for: `Model.id` and `Model.format`. */
  readonly modelId: string
  readonly format: string
  readonly names: ToolNames
  /** The tools of the request that the server takes. */
  readonly tools: readonly OfferedTool[]
  /** A new id for a call. */
  mintId(): string
  toolName(wireName: string): string
}

/** What makes one provider's API different from another's. */
export interface Dialect {
  readonly format: string
  readonly url: URL
  /** Puts tools into the provider's dialect of JSON Schema. */
  readonly schemas: ToolSchemas
  /** The headers that carry the key; asked for each request, since a key may expire. */
  authorize(): Record<string, string> | Promise<Record<string, string>>
  /** The body of a request, and what reads its answer. */
  open(request: ModelRequest, context: DialectContext): DialectTurn
  /** Takes apart an answer that is no SSE; by default it is taken as a whole. */
  readonly splitter?: () => ValueSplitter
}

export interface DialectTurn {
  readonly body: unknown
  readonly decoder: StreamDecoder
}

/** The model that speaks `dialect`. */
export function modelOf(dialect: Dialect, options: AdapterOptions): Model {
  const { format, url, splitter, schemas } = dialect
  const { world = systemWorld, fetch = systemFetch, retry } = options
  // A header that cannot be sent is refused here rather than with each request.
  headersOf({}, options)
  const modelId = `${format}:${options.model}`
  return {
    id: modelId,
    format,
    checkTools: (tools) => schemas.offer(tools, new ToolNames(), format).reports,
    stream(request) {
      const names = new ToolNames()
      const offer = schemas.offer(request.tools ?? [], names, format)
      checkChoice(request, offer)
      const turn = dialect.open(request, {
        modelId,
        format,
        names,
        tools: offer.tools,
        mintId: () => `call_${world.randomId()}`,
        toolName: (wireName) => names.toTool(wireName),
      })
      const body = JSON.stringify(turn.body)
      const { signal } = request
      const send = async (): Promise<Response> => {
        const headers = headersOf(await untilAborted(authorize(dialect), signal), options)
        return postJson({ url, headers, body, signal }, { fetch, world, retry })
      }
      const events = streamAnswer(send, turn.decoder, { world, signal, splitter })
      return offer.restore ? restored(events, offer.restore) : events
    },
  }
}

async function* restored(
  events: AsyncIterable<ModelEvent>,
  restore: NonNullable<ToolOffer['restore']>,
): AsyncGenerator<ModelEvent, void, undefined> {
  for await (const event of events) yield restore(event)
}

async function authorize(dialect: Dialect): Promise<Record<string, string>> {
  try {
    return await dialect.authorize()
  } catch (cause) {
    throw new ModelError('MODEL_REQUEST', 'The key for the model server could not be had.', {
      hint: 'The function that gives the key failed; its error is the cause.',
      cause,
    })
  }
}

function headersOf(auth: Record<string, string>, { headers = {} }: AdapterOptions): Headers {
  const all = new Headers({ 'content-type': 'application/json', ...auth })
  for (const [name, value] of Object.entries(headers)) all.set(name, value)
  return all
}

/** Checks options as soon as they are given. `adapter` is the function that the caller called. */
export class OptionsCheck {
  readonly #adapter: string

  constructor(adapter: string) {
    this.#adapter = adapter
  }

  /** `path` below `baseURL`; a query, such as Azure's api-version, stays. */
  endpoint(baseURL: string, path: string): URL {
    const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined
    if (!url?.protocol.startsWith('http'))
      throw this.invalid(`"baseURL" is no URL: "${baseURL}".`, 'Give one as "https://host/v1".')
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`
    return url
  }

  model(model: string, example: string): void {
    if (!model) throw this.invalid('"model" is missing.', `Name the model, as in "${example}".`)
  }

  invalid(message: string, hint: string): ToolwireError {
    return new ToolwireError('INVALID_OPTIONS', `${this.#adapter}: ${message}`, { hint })
  }
}

export function bearer(key: string | undefined): Record<string, string> {
  return key ? { authorization: `Bearer ${key}` } : {}
}
