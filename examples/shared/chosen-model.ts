import type { Model } from 'toolwire'
import { openaiChat } from 'toolwire/models/openai-chat'
import { type Script, scriptedModel } from 'toolwire/testing'

export interface ChosenModel {
  readonly model: Model
  readonly name: string
  close(): Promise<void>
}

/** The model that the environment names, or `null` where it names none. */
export function modelFromEnvironment(env: NodeJS.ProcessEnv): ChosenModel | null {
  const { OPENAI_API_KEY, TOOLWIRE_API_KEY, TOOLWIRE_BASE_URL, TOOLWIRE_MODEL } = env
  if (TOOLWIRE_BASE_URL) {
    if (!TOOLWIRE_MODEL)
      throw new Error('TOOLWIRE_BASE_URL needs TOOLWIRE_MODEL: the name of a model of that server.')
    // The key of one service is never sent to another.
    const apiKey = TOOLWIRE_API_KEY
    return chosen(
      openaiChat({
        baseURL: TOOLWIRE_BASE_URL,
        model: TOOLWIRE_MODEL,
        ...(apiKey && { apiKey }),
      }),
      `${TOOLWIRE_MODEL} at ${new URL(TOOLWIRE_BASE_URL).host}`,
    )
  }
  if (!OPENAI_API_KEY) return null
  const model = TOOLWIRE_MODEL ?? 'gpt-5-mini'
  return chosen(openaiChat({ model, apiKey: OPENAI_API_KEY }), model)
}

/**
 * A script behind a server of its own that speaks the real wire format, so that the real adapter is on the
 * path. It pauses `delayMs` between two pieces, as a model would.
 */
export async function startScriptedModel(script: Script, delayMs: number): Promise<ChosenModel> {
  const scripted = scriptedModel(
    async (request, context) => ({ deltaChars: 10, ...(await script(request, context)), delayMs }),
    { record: false },
  )
  const server = await scripted.listen()
  return {
    model: openaiChat({ baseURL: server.url, model: 'scripted' }),
    name: 'a script, no key needed',
    close: () => server.close(),
  }
}

function chosen(model: Model, name: string): ChosenModel {
  return { model, name, close: async () => {} }
}
