// The server of the editor, as a child of supervisor.ts.
import { modelFromEnvironment, startScriptedModel } from '../shared/chosen-model.ts'
import { CallLog } from '../shared/terminal.ts'
import { type EditorServerOptions, startEditorServer } from './editor-server.ts'
import { script } from './script.ts'
import { usualApprovalMs } from './tool-server.ts'

export type ServerSettings = Pick<EditorServerOptions, 'folder' | 'port' | 'isRestart' | 'instance'>

export type FromServer =
  | { readonly type: 'listening'; readonly port: number; readonly modelName: string }
  | { readonly type: 'kill-me' }

const settings: ServerSettings = JSON.parse(process.argv[2] ?? '')
const chosen = modelFromEnvironment(process.env) ?? (await startScriptedModel(script, 20))
const server = await startEditorServer({
  ...settings,
  chosen,
  log: new CallLog((line) => console.log(line)),
  approvalMs: Number(process.env['TOOLWIRE_DEMO_APPROVAL_MS'] ?? usualApprovalMs),
  killMe: () => tell({ type: 'kill-me' }),
})
tell({ type: 'listening', port: server.port, modelName: chosen.name })

// Ctrl+C in a terminal reaches both processes; the other one says when.
process.on('SIGINT', () => {})
process.once('SIGTERM', () => void server.close().then(() => process.disconnect?.()))
process.once('disconnect', () => process.exit())

function tell(message: FromServer): void {
  process.send?.(message)
}
