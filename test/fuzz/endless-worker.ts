// Decodes endless streams one after the other, in a thread with little memory: those that leave nothing
// behind, or the others.
import { parentPort, workerData } from 'node:worker_threads'
import { adapters } from './adapters.ts'
import { type EndlessStream, endlessStreams } from './endless.ts'

/** What became of a stream. */
export interface EndlessResult {
  readonly name: string
  readonly format: string
  /** Megabytes that were read of it. */
  readonly megabytes: number
  /** What the answer failed with; `undefined` where the stream was given up. */
  readonly error: string | undefined
}

export interface EndlessTask {
  readonly harmless: boolean
  /** More than any limit lets through, or than fits into the memory of the thread. */
  readonly givenUpAfter: number
}

const { harmless, givenUpAfter }: EndlessTask = workerData
for (const stream of endlessStreams)
  if ((stream.harmless ?? false) === harmless) parentPort?.postMessage(await decode(stream))
parentPort?.postMessage('done')

async function decode(stream: EndlessStream): Promise<EndlessResult> {
  const { name, format, head } = stream
  const encoder = new TextEncoder()
  let [number, bytes] = [0, 0]
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = encoder.encode(number === 0 ? head + stream.part(0) : stream.part(number))
      number++
      bytes += piece.length
      if (bytes < givenUpAfter) controller.enqueue(piece)
      else controller.close()
    },
  })
  const model = adapters[format]({ model: 'm', fetch: async () => new Response(body) })
  let error: string | undefined
  for await (const event of model.stream({ messages: [] }))
    if (event.type === 'error' && bytes < givenUpAfter) error = event.error.message
  return { name, format, megabytes: Math.round(bytes / 1e6), error }
}
