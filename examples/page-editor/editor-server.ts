import path from 'node:path'
import { toNodeListener } from 'toolwire/server'
import { sqliteStore } from 'toolwire/stores/sqlite'
import type { ChosenModel } from '../shared/chosen-model.ts'
import type { CallLog } from '../shared/terminal.ts'
import { type FileWitness, fileWitness } from './file-witness.ts'
import { createEditorServer } from './tool-server.ts'
import { startWeb } from './web.ts'

export interface EditorServer {
  readonly port: number
  readonly witness: FileWitness
  close(): Promise<void>
}

export interface EditorServerOptions {
  readonly chosen: ChosenModel
  readonly log: CallLog
  /** Holds the conversations, the runs that were seen and the published pages. */
  readonly folder: string
  readonly port: number
  /** The port is this demo's own, so no other will do. */
  readonly isRestart?: boolean
  /** Names this run of the demo. */
  readonly instance: string
  /** How long a question to the owner stays open. */
  readonly approvalMs: number
  /** Has this process killed, without a goodbye. */
  readonly killMe: () => void
}

/** Puts it all together in this process: store, witness, tool server, and a web server in front. */
export async function startEditorServer(options: EditorServerOptions): Promise<EditorServer> {
  const { chosen, log, folder, approvalMs } = options
  const store = await sqliteStore({ file: path.join(folder, 'conversations.db') })
  const witness = fileWitness(path.join(folder, 'runs.jsonl'))
  const tools = createEditorServer({
    model: log.watch(chosen.model),
    store,
    witness,
    name: 'server',
    approvalMs,
    hooks: {
      onEvent: ({ event }) => log.show(event),
      onError: ({ error }) => log.fail(error),
    },
  })
  const listener = toNodeListener(tools.fetch)
  const web = await startWeb({ ...options, modelName: chosen.name, tools, listener, witness })
  return {
    port: web.port,
    witness,
    async close() {
      await tools.close()
      await web.close()
      await store.close()
      await chosen.close()
    },
  }
}
