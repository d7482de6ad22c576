import { type AnyTool, ToolError, defineTool } from 'toolwire'
import * as z from 'zod'

// Otherwise zod tries `new Function` once, which the content security policy of the page reports.
z.config({ jitless: true })

/** Where a page is published, piece by piece. */
export interface Publisher {
  /** The page as it is now. */
  readonly html: () => string
  readonly put: (key: string, piece: Piece) => Promise<void>
  /** Takes down what was published under `key`, also half of it. */
  readonly remove: (key: string) => Promise<void>
  /** Between two pieces, so that one sees it go on. */
  readonly pauseMs: number
}

export interface Piece {
  readonly index: number
  readonly of: number
  readonly text: string
}

const pieces = 12

/** Publishes the page: slow, visible to others, and so never begun twice. */
export function publishTool(publisher?: Publisher): AnyTool {
  const tool = defineTool({
    name: 'publish_page',
    title: 'Publish the page',
    description: 'Publishes the page as it is now, under an address that everybody can open.',
    inputSchema: z.object({}),
    progressSchema: z.object({ done: z.number(), total: z.number() }),
    timeoutMs: 60_000,
    async execute(_, { key, signal, progress }) {
      const { html, put, pauseMs } = needed(publisher)
      const text = html()
      const size = Math.ceil(text.length / pieces)
      let done = 0
      // A cancelled call hands back how far it came.
      while (done < pieces && !signal.aborted) {
        await put(key, {
          index: done,
          of: pieces,
          text: text.slice(done * size, (done + 1) * size),
        })
        progress({ done: ++done, total: pieces })
        await pause(pauseMs, signal)
      }
      return { address: key, published: done, of: pieces, isComplete: done === pieces }
    },
    undo: ({ address }) => needed(publisher).remove(address),
  })
  return publisher ? tool : tool.withoutExecute()
}

function needed(publisher: Publisher | undefined): Publisher {
  if (publisher) return publisher
  throw new ToolError('There is nowhere to publish to.')
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
