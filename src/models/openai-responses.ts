import type { Model } from '../ports/index.ts'
import { type AdapterOptions, OptionsCheck, bearer, modelOf } from './_adapter.ts'
import type { RequestRetry } from './_http.ts'
import { ResponsesDecoder } from './_openai-responses-decoder.ts'
import { writeResponsesRequest } from './_openai-responses-writer.ts'
import { openSchema } from './_schema-dialects.ts'
import { openaiStrictMode } from './_schema-strict.ts'
import { ToolSchemas } from './_schema-tools.ts'

export type { AdapterOptions, RequestRetry }

export interface OpenAIResponsesOptions extends AdapterOptions {
  /** As in `https://api.openai.com/v1`, the default; `/responses` is added. */
  readonly baseURL?: string
  readonly apiKey?: string
  /** The header that carries `apiKey`. Default `authorization`, with `Bearer`; on Azure `api-key`. */
  readonly keyHeader?: string
  /**
   * Asks for reasoning in a form that can be sent back with the next request. Default by the model's name,
   * since OpenAI's models that do not reason refuse the question.
   */
  readonly encryptedReasoning?: boolean
  /**
   * Asks for inputs that keep to their schema (`strict`), for the tools whose schema can be said there without
   * loss. An object that names its properties, and says nothing of others, then has no others; what is optional
   * the model writes as null, which is taken out of the input again. Default false.
   */
  readonly strictTools?: boolean
}

const check = new OptionsCheck('openaiResponses')

/** A model behind OpenAI Responses or any server that speaks it. */
export function openaiResponses(options: OpenAIResponsesOptions): Model {
  const { model, apiKey, baseURL = 'https://api.openai.com/v1', strictTools } = options
  const url = check.endpoint(baseURL, 'responses')
  check.model(model, 'gpt-5')
  const azure = url.hostname.endsWith('.azure.com')
  const { keyHeader = azure ? 'api-key' : undefined } = options
  const { encryptedReasoning = !/gpt-[34]|chatgpt|-chat/.test(model) } = options
  return modelOf(
    {
      format: 'openai-responses',
      url,
      schemas: new ToolSchemas(openSchema, strictTools ? openaiStrictMode : undefined),
      authorize: () => (apiKey && keyHeader ? { [keyHeader]: apiKey } : bearer(apiKey)),
      open: (request, context) => ({
        body: writeResponsesRequest(request, { ...context, model, encryptedReasoning }),
        decoder: new ResponsesDecoder(context),
      }),
    },
    options,
  )
}
