import type { Model, Store } from 'toolwire'
import { type ToolServer, type ToolServerOptions, createToolServer } from 'toolwire/server'
import { serverTools } from './tools.ts'
import type { Witness } from './witness.ts'

const system = `You edit the landing page of a small pottery together with its owner.
Look at the page with list_elements before you change what you have not seen, and claim about the product only what product_facts says.
Keep the classes and the tone of the page. Call tools that do not depend on each other in one step.
Then say in one or two plain sentences what you did, without Markdown.`

/** How long a question to the owner stays open. Short, so that one can be too late. */
export const usualApprovalMs = 20_000

export interface EditorOptions {
  readonly model: Model
  readonly store: Store
  readonly witness: Witness
  /** How the ledger calls this server. */
  readonly name: string
  readonly approvalMs: number
  readonly hooks?: Pick<ToolServerOptions, 'onEvent' | 'onError'>
}

/** The very same server in Node, in an iframe and in a worker. */
export function createEditorServer(options: EditorOptions): ToolServer {
  const { model, store, witness, name, hooks } = options
  return createToolServer({
    model,
    store,
    tools: serverTools(witness, name),
    system,
    // Only this machine reaches the server, so there is one owner.
    authenticate: () => owner,
    limits: {
      approvalTimeoutMs: options.approvalMs,
      // How soon a server that was killed, or a tab that is gone, is no longer waited for.
      leaseMs: 3_000,
      orphanTimeoutMs: 6_000,
    },
    ...hooks,
  })
}

export const owner = { id: 'owner' }
