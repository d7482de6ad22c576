import type { LanguageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider'
import { ToolwireError, type World, isObject, systemWorld } from '../../base/index.ts'
import {
  type RequestRetry,
  ToolNames,
  abortedError,
  drain,
  ignore,
  sendPatiently,
  untilAborted,
} from '../../models/index.ts'
import type { Model, ModelEvent, ModelRequest } from '../../ports/index.ts'
import { brokenStream, requestFailure } from './failures.ts'
import { type AnyLanguageModel, type AnyStream, callModel, currentPart } from './older-versions.ts'
import { PartDecoder } from './part-decoder.ts'
import { type LanguageModelSettings, writeCallOptions } from './write-call.ts'

export type { LanguageModelSettings }

export interface LanguageModelOptions {
  /** Sent with every request. */
  readonly settings?: LanguageModelSettings
  /** How often a request is sent again that the provider refused for the moment. */
  readonly retry?: RequestRetry
  /** Told of what the provider leaves out or changes. By default nobody is. */
  readonly onWarning?: (warning: SharedV4Warning) => void
  readonly world?: World
}

/** Names the format of the provider state, which goes back to the same model only. */
const format = 'ai-sdk'

/**
 * A language model of the AI SDK as a {@link Model}. Aborting ends a request at once; what the provider runs
 * itself is neither shown nor run here, and goes back to it with the history.
 *
 * Files behind URLs are handed on as URLs, since nothing is downloaded here; sources are left out.
 * @throws {@link ToolwireError} `INVALID_OPTIONS` for what is no language model of version 2, 3 or 4.
 */
export function fromLanguageModel(
  languageModel: AnyLanguageModel,
  options: LanguageModelOptions = {},
): Model {
  checkModel(languageModel)
  const id = `${format}:${languageModel.provider}/${languageModel.modelId}`
  return { id, format, stream: (request) => ask(languageModel, id, { request, options }) }
}

interface Asked {
  readonly request: ModelRequest
  readonly options: LanguageModelOptions
}

async function* ask(
  model: AnyLanguageModel,
  modelId: string,
  { request, options }: Asked,
): AsyncGenerator<ModelEvent, void, undefined> {
  const { settings = {}, world = systemWorld, onWarning = ignore } = options
  const { signal, tools = [] } = request
  const names = new ToolNames()
  const call = writeCallOptions(request, settings, { modelId, format, names })
  const offered = new Set(tools.map(({ name }) => name))
  const decoder = new PartDecoder({
    format,
    onWarning,
    mintId: () => `call_${world.randomId()}`,
    toolName: (wireName) => names.toTool(wireName),
    isOffered: (toolName) => offered.has(toolName),
  })
  try {
    const stream = await open(model, call, { world, retry: options.retry })
    yield* decode(stream, decoder, { world, signal })
    decoder.end()
  } catch (error) {
    decoder.end(brokenStream(error))
  }
  if (signal?.aborted) throw abortedError(signal)
  yield* decoder.take()
}

/** Sends the request until the provider begins to answer. */
function open(
  model: AnyLanguageModel,
  call: LanguageModelV4CallOptions,
  { world, retry }: { readonly world: World; readonly retry: RequestRetry | undefined },
): Promise<AnyStream> {
  const signal = call.abortSignal
  const send = async (): Promise<AnyStream> => {
    try {
      return await untilAborted(callModel(model, call), signal)
    } catch (error) {
      throw requestFailure(error, world.now())
    }
  }
  return sendPatiently(send, { world, retry, signal })
}

async function* decode(
  stream: AnyStream,
  decoder: PartDecoder,
  { world, signal }: { readonly world: World; readonly signal: AbortSignal | undefined },
): AsyncGenerator<ModelEvent, void, undefined> {
  const reader = stream.getReader()
  try {
    while (!decoder.done) {
      const { done, value } = await untilAborted(reader.read(), signal)
      if (done) return
      decoder.push(currentPart(value))
      yield* decoder.take()
    }
  } finally {
    void (decoder.done ? drain(reader, world) : reader.cancel()).catch(ignore)
  }
}

// Users of JavaScript, and of the AI SDK's own type, may hand over the name of a model.
function checkModel(model: unknown): asserts model is AnyLanguageModel {
  const version = isObject(model) ? model['specificationVersion'] : undefined
  if (version === 'v2' || version === 'v3' || version === 'v4') return
  const what = isObject(model)
    ? `its "specificationVersion" is ${JSON.stringify(version) ?? 'missing'}`
    : JSON.stringify(model)
  throw new ToolwireError(
    'INVALID_OPTIONS',
    `fromLanguageModel: this is no language model of a known version: ${what}.`,
    {
      hint: 'Give what a provider returns, as in createOpenAI()("gpt-5"); versions v2, v3 and v4 are known.',
    },
  )
}
