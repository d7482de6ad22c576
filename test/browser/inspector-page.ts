import { type Snapshot, type ToolClient, createToolClient } from '../../src/client/index.ts'
import { inspectInPage, mountInspector } from '../../src/inspector/index.ts'
import { ToolError, defineTool } from '../../src/tools/index.ts'
import { jsonSchema } from '../../src/tools/json-schema.ts'
import { httpTransport } from '../../src/transports/http.ts'

/** An application in a page, with the inspector beside it or, at `#alone`, nothing but the inspector. */
class Studio {
  readonly client: ToolClient | null
  readonly open: (text: string) => void = () => {}
  #release = (): void => {}
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve
  })

  constructor() {
    if (location.hash === '#alone') {
      this.client = null
      this.open = (text) => mountInspector(document.querySelector('main') ?? document.body, text)
      return
    }
    const transport = inspectInPage(httpTransport({ url: '/tools' }), { label: 'studio' })
    this.client = createToolClient({ transport, tools: this.#tools() })
  }

  /** Resolves once `isSo` holds for the calls. */
  until(isSo: (calls: Snapshot['calls'], status: Snapshot['status']) => boolean): Promise<void> {
    const { client } = this
    if (!client) return Promise.resolve()
    return new Promise((resolve) => {
      let stop = (): void => {}
      const look = (): void => {
        const { calls, status } = client.getSnapshot()
        if (!isSo(calls, status)) return
        stop()
        resolve()
      }
      stop = client.subscribe(look)
      look()
    })
  }

  /** Lets the slow tool come to its end. */
  release(): void {
    this.#release()
  }

  #tools() {
    const input = {
      // It makes no code of a schema, as some libraries try to.
      inputSchema: jsonSchema<{ readonly text: string }>({
        type: 'object',
        properties: { text: { type: 'string' } },
        required: ['text'],
      }),
    }
    return [
      defineTool({
        name: 'draw_chart',
        description: 'Draws.',
        ...input,
        execute: async ({ text }) => {
          await this.#released
          return { drawn: text }
        },
      }),
      defineTool({
        name: 'read_sensor',
        description: 'Reads.',
        ...input,
        execute: ({ text }) => {
          throw new ToolError(`The sensor says ${text}.`)
        },
      }),
      defineTool({
        name: 'publish_page',
        description: 'Publishes.',
        approval: true,
        ...input,
        execute: ({ text }) => ({ published: text }),
      }),
    ]
  }
}

export type { Studio }

Object.assign(globalThis, { studio: new Studio() })
