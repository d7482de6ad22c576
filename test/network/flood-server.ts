// A server in a process of its own, so that the memory it takes is that of what it serves. A turn of it shows
// as many megabytes of progress as the message says. Prints its port, then by how much the process grew in
// each turn, as a line of JSON.
import { runInNewContext } from 'node:vm'
import * as z from 'zod'
import { createToolServer } from '../../src/server/index.ts'
import { type ScriptStep, scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { serve } from './house.ts'

/** At the most, in megabytes, since the turn began. */
export interface Growth {
  readonly resident: number
  readonly external: number
}

const megabyte = 1_000_000
const pieceChars = 100_000
const steps = 4

/** Looks at the memory of the process again and again. */
class Scale {
  #before = process.memoryUsage()
  #resident = 0
  #external = 0

  reset(): void {
    runInNewContext('gc')()
    this.#before = process.memoryUsage()
    this.#resident = 0
    this.#external = 0
  }

  look(): void {
    const { rss, external } = process.memoryUsage()
    this.#resident = Math.max(this.#resident, rss - this.#before.rss)
    this.#external = Math.max(this.#external, external - this.#before.external)
  }

  get growth(): Growth {
    return { resident: this.#resident / megabyte, external: this.#external / megabyte }
  }
}

const scale = new Scale()

const flood = defineTool({
  name: 'flood',
  description: 'Shows so many megabytes of progress',
  inputSchema: z.object({ megabytes: z.number() }),
  async execute({ megabytes }, { progress }) {
    for (let chars = 0; chars < megabytes * megabyte; chars += pieceChars) {
      progress(`${chars} `.padEnd(pieceChars, 'x'))
      await new Promise<void>((resolve) => void setImmediate(resolve))
      scale.look()
    }
    return `${megabytes} MB`
  },
})

function answer(asked: string, step: number): ScriptStep {
  if (step === 0) scale.reset()
  if (step === steps) return { text: 'Done.' }
  const input = { megabytes: Number(asked) / steps }
  return { text: `Step ${step}. `, toolCalls: [{ toolName: 'flood', input }] }
}

const server = createToolServer({
  model: scriptedModel(
    ({ messages }, { step }) => {
      const [part] = messages[0]?.parts ?? []
      return answer(part?.type === 'text' ? part.text : '', step)
    },
    { record: false },
  ),
  tools: [flood],
  authenticate: () => ({ id: 'me' }),
  onFinish: () => console.log(JSON.stringify(scale.growth)),
  onError: ({ error }) => console.error(error),
})

const { port } = await serve(server)
console.log(port)
