// The server of the editor, as a child of supervisor.ts.
import path from 'node:path'
import { toNodeListener } from 'toolwire/server'
import { sqliteStore } from 'toolwire/stores/sqlite'
import { modelFromEnvironment, startScriptedModel } from '../shared/chosen-model.ts'
import { CallLog } from '../shared/terminal.ts'
import { script } from './script.ts'
import { createEditorServer, usualApprovalMs } from './tool-server.ts'
import { startWeb } from './web.ts'
import { fileWitness } from './file-witness.ts'

export interface ServerSettings {
  /** Outlives this process, and ends with the demo. */
  readonly folder: string
  readonly port: number
  /** Names this run of the demo. */
  readonly instance: string
  /** The port is this demo's own, so no other will do. */
  readonly isRestart?: boolean
}

export type FromServer =
  | { readonly type: 'listening'; readonly port: number; readonly modelName: string }
  | { readonly type: 'kill-me' }

const settings: ServerSettings = JSON.parse(process.argv[2] ?? '')
const { folder, instance } = settings
const log = new CallLog((line) => console.log(line))
const chosen = modelFromEnvironment(process.env) ?? (await startScriptedModel(script, 20))
const store = await sqliteStore({ file: path.join(folder, 'conversations.db') })
const witness = fileWitness(path.join(folder, 'runs.jsonl'))
const approvalMs = Number(process.env['TOOLWIRE_DEMO_APPROVAL_MS'] ?? usualApprovalMs)

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
const web = await startWeb({
  ...settings,
  modelName: chosen.name,
  instance,
  approvalMs,
  tools,
  listener: toNodeListener(tools.fetch),
  witness,
  killMe: () => tell({ type: 'kill-me' }),
})
tell({ type: 'listening', port: web.port, modelName: chosen.name })

async function close(): Promise<void> {
  await tools.close()
  await web.close()
  await store.close()
  await chosen.close()
  process.disconnect?.()
}

// Ctrl+C in a terminal reaches both processes; the other one says when.
process.on('SIGINT', () => {})
process.once('SIGTERM', () => void close())
process.once('disconnect', () => process.exit())

function tell(message: FromServer): void {
  process.send?.(message)
}
