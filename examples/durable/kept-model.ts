// The Model port as workflows of the engine: what a model has answered is not asked for again.
import { DBOS } from '@dbos-inc/dbos-sdk'
import type { Model, ModelEvent, ModelRequest } from 'toolwire'

/** Who waits for an answer in this process. A workflow that goes on after a restart may have nobody yet. */
interface Reader {
  readonly signal: AbortSignal | undefined
  readonly show: (event: ModelEvent) => void
}

type Asked = Omit<ModelRequest, 'signal'>

const models = new Map<string, Model>()
const readers = new Map<string, Reader>()

const ask = DBOS.registerWorkflow(
  (modelId: string, request: Asked) =>
    DBOS.runStep(() => answer(modelId, request), { name: 'answer' }),
  { name: 'ask' },
)

/** What the model says, shown while it comes; `null` where it failed, which is not worth keeping. */
async function answer(modelId: string, request: Asked): Promise<readonly ModelEvent[] | null> {
  const model = models.get(modelId)
  if (!model) throw new Error(`This process has no model "${modelId}".`)
  const id = DBOS.workflowID ?? ''
  const reader = readers.get(id)
  readers.delete(id)
  const events: ModelEvent[] = []
  for await (const event of model.stream({ ...request, signal: reader?.signal })) {
    reader?.show(event)
    events.push(event)
  }
  return events.some(({ type }) => type === 'error') ? null : events
}

/**
 * `model`, asked by the engine: its answer is kept under `key`, which names a step of a turn, and given again to whoever
 * asks for that again. Call this before `DBOS.launch()`, which goes on with what a dead process was asking.
 */
export function keptModel(model: Model): (key: string) => Model {
  models.set(model.id, model)
  return (key) => {
    let asked = 0
    const nextId = (): string => `${key}/${model.id}/${++asked}`
    return { ...model, stream: (request) => streamOf(model.id, request, nextId) }
  }
}

function streamOf(
  modelId: string,
  { signal, ...request }: ModelRequest,
  nextId: () => string,
): AsyncIterable<ModelEvent> {
  return new ReadableStream<ModelEvent>({
    async start(stream) {
      const show = (event: ModelEvent): void => {
        if (!signal?.aborted) stream.enqueue(event)
      }
      // What failed in a former process is asked for anew, under the next id.
      while (!(await isAnswered(nextId(), [modelId, request], { signal, show })));
      if (!signal?.aborted) stream.close()
    },
  })
}

async function isAnswered(
  id: string,
  asked: Parameters<typeof ask>,
  reader: Reader,
): Promise<boolean> {
  readers.set(id, reader)
  try {
    const handle = await DBOS.startWorkflow(ask, { workflowID: id })(...asked)
    const kept = await handle.getResult().catch((error: unknown) => {
      if (readers.has(id)) return null
      throw error
    })
    // Nobody has it any more: it was shown while it came.
    if (!readers.has(id)) return true
    for (const event of kept ?? []) reader.show(event)
    return kept !== null
  } finally {
    readers.delete(id)
  }
}
