import { type Json, ToolwireError, type World, systemWorld } from '../base/index.ts'
import type { Model, ModelEvent, ModelRequest } from '../ports/index.ts'
import { modelEvents } from './scripted-events.ts'
import { requestOfBody } from './scripted-request.ts'
import {
  type ScriptedServer,
  type WireAnswer,
  listenForChat,
  wireFetch,
} from './scripted-server.ts'
import { type Script, type ScriptStep, errorOf, stepOf } from './scripted-step.ts'
import { errorBody, wireEvents } from './scripted-wire.ts'

export interface ScriptedModelOptions {
  /** Whether `requests` is filled. Default true; a long run turns it off. */
  readonly record?: boolean
  readonly world?: World
}

/** A model that follows a script: as a `Model`, behind `fetch` or as a server, with the same answers. */
export interface ScriptedModel extends Model {
  /** Every request so far, in order. */
  readonly requests: readonly ModelRequest[]
  /** Speaks Chat Completions; for `openaiChat({ fetch })`. */
  readonly fetch: typeof globalThis.fetch
  /** Starts a loopback server that speaks Chat Completions, on a free port where none is given. */
  listen(port?: number): Promise<ScriptedServer>
}

/** A model for tests and demos: one step per request in order, or a function that chooses. */
export function scriptedModel(
  script: readonly ScriptStep[] | Script,
  options: ScriptedModelOptions = {},
): ScriptedModel {
  const { record = true, world = systemWorld } = options
  const requests: ModelRequest[] = []
  const choose = typeof script === 'function' ? script : inOrder(script)
  const play = async (request: ModelRequest): Promise<ScriptStep> => {
    if (record) requests.push(request)
    return choose(request, { step: stepOf(request) })
  }
  const answer = (body: Json): Promise<WireAnswer> => answerBody(body, play)
  return {
    id: 'scripted',
    format: 'scripted',
    requests,
    stream: (request) => streamStep(request, play),
    fetch: wireFetch(answer),
    listen: (port = 0) => listenForChat(answer, { port, world }),
  }
}

function inOrder(steps: readonly ScriptStep[]): Script {
  let next = 0
  return () =>
    steps[next++] ?? {
      error: {
        message: `The script has ${steps.length} steps, and request ${next} came.`,
        code: 'script_ended',
        // Final for every client: it would not help to send the request again.
        status: 400,
      },
    }
}

type Play = (request: ModelRequest) => Promise<ScriptStep>

async function* streamStep(
  request: ModelRequest,
  play: Play,
): AsyncGenerator<ModelEvent, void, undefined> {
  const { signal } = request
  throwIfAborted(signal)
  for (const event of modelEvents(await play(request), request)) {
    throwIfAborted(signal)
    yield event
  }
}

async function answerBody(body: Json, play: Play): Promise<WireAnswer> {
  const request = requestOfBody(body)
  // A script that throws is a mistake in a test: refused in a way that no client repeats.
  const step = await play(request).catch((error: unknown): ScriptStep => ({
    error: { message: String(error), status: 400 },
  }))
  const error = errorOf(step)
  const { delayMs = 0 } = step
  return error?.status
    ? { status: error.status, refusal: errorBody(error), events: [], delayMs }
    : { status: 200, events: wireEvents(step, request), delayMs }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new ToolwireError('ABORTED', 'The model request was aborted.', {
    cause: signal.reason,
    hint: 'Nothing to do: the caller asked for it.',
  })
}
