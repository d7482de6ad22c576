import type { Listener, Model } from 'toolwire'
import { openaiChat } from 'toolwire/models/openai-chat'
import { scriptedModel } from 'toolwire/testing'
import { script } from '../script.ts'
import { createEditorServer, owner } from '../tool-server.ts'
import { eventStore } from './event-store.ts'

const pauseMs = 20

/** The very server of Node, in a frame or a worker: with the script, and with a store that outlives both. */
export function serveHere(listener: Listener, name: string): void {
  const approvalMs = Number(new URLSearchParams(location.search).get('approvalMs'))
  const scripted = scriptedModel(
    async (request, context) => ({ deltaChars: 10, ...(await script(request, context)) }),
    { record: false },
  )
  const model = openaiChat({ model: 'scripted', fetch: scripted.fetch })
  const server = createEditorServer({
    model: slowly(model),
    store: eventStore('toolwire-page-editor'),
    witness: {
      async write(run) {
        await fetch('/runs', { method: 'POST', body: JSON.stringify(run) })
      },
    },
    name,
    approvalMs,
  })
  server.accept(listener, owner)
}

/** Pauses between two pieces, as a model would. */
function slowly(model: Model): Model {
  return {
    id: model.id,
    format: model.format,
    async *stream(request) {
      for await (const event of model.stream(request)) {
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
        yield event
      }
    },
  }
}
