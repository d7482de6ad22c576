import type { Model } from '../ports/index.ts'
import { type AdapterOptions, type Dialect, OptionsCheck, bearer, modelOf } from './_adapter.ts'
import { GeminiDecoder } from './_gemini-decoder.ts'
import { writeGeminiRequest } from './_gemini-writer.ts'
import type { RequestRetry } from './_http.ts'
import { JsonValues } from './_json-values.ts'
import { geminiOpenApi, geminiSchema } from './_schema-dialects.ts'
import { ToolSchemas } from './_schema-tools.ts'

export type { AdapterOptions, RequestRetry }

export interface GeminiOptions extends AdapterOptions {
  /** As in `https://generativelanguage.googleapis.com/v1beta`, the default without `vertex`. */
  readonly baseURL?: string
  /** Of the Gemini API, or of Vertex in express mode. */
  readonly apiKey?: string
  /** As in `gemini-2.5-flash`, or a path as in `tunedModels/mine`. */
  readonly model: string
  readonly vertex?: VertexOptions
  /**
   * How the inputs of tools are described: in JSON Schema (`parametersJsonSchema`), the default, or for a server
   * that does not know that yet, in the smaller language of OpenAPI (`parameters`).
   */
  readonly toolSchema?: 'json-schema' | 'openapi'
}

/** A project of Google Cloud. */
export interface VertexOptions {
  readonly project: string
  /** As in `europe-west1`. Default `global`. */
  readonly location?: string
  /** Tokens live for an hour; a function is asked before each request. */
  readonly accessToken?: string | (() => string | Promise<string>)
}

const check = new OptionsCheck('gemini')

/** A Gemini model behind the Gemini API or, with `vertex`, behind Vertex AI. */
export function gemini(options: GeminiOptions): Model {
  const { model, toolSchema = 'json-schema' } = options
  check.model(model, 'gemini-2.5-flash')
  const path = model.includes('/') ? model : `models/${model}`
  const url = check.endpoint(baseOf(options), `${path}:streamGenerateContent`)
  url.searchParams.set('alt', 'sse')
  const nestedMedia = !/gemini-[12]\b/.test(model)
  const openApi = toolSchema === 'openapi'
  const schemas = new ToolSchemas(openApi ? geminiOpenApi : geminiSchema)
  const open: Dialect['open'] = (request, context) => ({
    body: writeGeminiRequest(request, { ...context, nestedMedia, openApi }),
    decoder: new GeminiDecoder(context),
  })
  const authorize = () => keyOf(options)
  const splitter = () => new JsonValues()
  return modelOf({ format: 'gemini', url, schemas, authorize, open, splitter }, options)
}

function baseOf({ baseURL, vertex, model }: GeminiOptions): string {
  if (!vertex) return baseURL ?? 'https://generativelanguage.googleapis.com/v1beta'
  const { project, location = 'global' } = vertex
  if (!project)
    throw check.invalid('"vertex.project" is missing.', 'Name the project of Google Cloud.')
  const host = location === 'global' ? '' : `${location}-`
  const base = baseURL ?? `https://${host}aiplatform.googleapis.com/v1`
  const publisher = model.includes('/') ? '' : '/publishers/google'
  return `${base.replace(/\/+$/, '')}/projects/${project}/locations/${location}${publisher}`
}

async function keyOf({ apiKey, vertex }: GeminiOptions): Promise<Record<string, string>> {
  const { accessToken } = vertex ?? {}
  const token = typeof accessToken === 'function' ? await accessToken() : accessToken
  return { ...bearer(token), ...(apiKey && { 'x-goog-api-key': apiKey }) }
}
