import type { Model } from '../ports/index.ts'
import { type AdapterOptions, OptionsCheck, modelOf } from './_adapter.ts'
import { AnthropicDecoder } from './_anthropic-decoder.ts'
import { writeAnthropicRequest } from './_anthropic-writer.ts'
import type { RequestRetry } from './_http.ts'
import { anthropicSchema } from './_schema-dialects.ts'
import { anthropicStrictMode } from './_schema-strict.ts'
import { ToolSchemas } from './_schema-tools.ts'

export type { AdapterOptions, RequestRetry }

export interface AnthropicOptions extends AdapterOptions {
  /** As in `https://api.anthropic.com/v1`, the default; `/messages` is added. */
  readonly baseURL?: string
  readonly apiKey?: string
  /** Where a request sets no limit, since the server insists on one. Default 16384. */
  readonly maxOutputTokens?: number
  /**
   * Asks for inputs that keep to their schema (`strict`), for the tools whose schema can be said there without
   * loss, as far as one request may have such. An object that names its properties, and says nothing of others,
   * then has no others. Default false.
   */
  readonly strictTools?: boolean
}

/**
 * A model behind Anthropic Messages. Betas are asked for with `headers`, as is a call from a page
 * (`anthropic-dangerous-direct-browser-access`). Where `providerOptions` enable thinking in the middle of an
 * answer that another model began, that request goes without, since the server refuses it otherwise.
 */
export function anthropic(options: AnthropicOptions): Model {
  const { model, apiKey, maxOutputTokens = 16_384, strictTools } = options
  const check = new OptionsCheck('anthropic')
  check.model(model, 'claude-sonnet-4-5')
  return modelOf(
    {
      format: 'anthropic',
      url: check.endpoint(options.baseURL ?? 'https://api.anthropic.com/v1', 'messages'),
      schemas: new ToolSchemas(anthropicSchema, strictTools ? anthropicStrictMode : undefined),
      authorize: () => ({
        'anthropic-version': '2023-06-01',
        ...(apiKey && { 'x-api-key': apiKey }),
      }),
      open: (request, context) => ({
        body: writeAnthropicRequest(request, { ...context, model, maxOutputTokens }),
        decoder: new AnthropicDecoder(context),
      }),
    },
    options,
  )
}
