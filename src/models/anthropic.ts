import type { Model } from '../ports/index.ts'
import { type AdapterOptions, OptionsCheck, modelOf } from './_adapter.ts'
import { AnthropicDecoder } from './_anthropic-decoder.ts'
import { writeAnthropicRequest } from './_anthropic-writer.ts'
import type { RequestRetry } from './_http.ts'

export type { AdapterOptions, RequestRetry }

export interface AnthropicOptions extends AdapterOptions {
  /** As in `https://api.anthropic.com/v1`, the default; `/messages` is added. */
  readonly baseURL?: string
  readonly apiKey?: string
  /** Where a request sets no limit, since the server insists on one. Default 16384. */
  readonly maxOutputTokens?: number
}

/**
 * A model behind Anthropic Messages. Betas are asked for with `headers`, as is a call from a page
 * (`anthropic-dangerous-direct-browser-access`).
 */
export function anthropic(options: AnthropicOptions): Model {
  const { model, apiKey, maxOutputTokens = 16_384 } = options
  const check = new OptionsCheck('anthropic')
  check.model(model, 'claude-sonnet-4-5')
  return modelOf(
    {
      format: 'anthropic',
      url: check.endpoint(options.baseURL ?? 'https://api.anthropic.com/v1', 'messages'),
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
