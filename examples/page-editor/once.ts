import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type ToolClient, createToolClient } from 'toolwire/client'
import { type HtmlPage, htmlPage } from 'toolwire/toolkits/page-file'
import { webSocketTransport } from 'toolwire/transports/websocket'
import { startScriptedModel } from '../shared/chosen-model.ts'
import { approveAll, turnOver, withinMs } from '../shared/headless.ts'
import { CallLog } from '../shared/terminal.ts'
import { type EditorServer, startEditorServer } from './editor-server.ts'
import { entriesOf, verdictLine } from './ledger.ts'
import type { Publisher } from './publish-tool.ts'
import { script } from './script.ts'
import { stories } from './stories.ts'
import { usualApprovalMs } from './tool-server.ts'
import { clientTools } from './tools.ts'
import type { Run } from './witness.ts'

const timeLimitMs = 60_000

/**
 * One scripted conversation through a real socket, with a client that edits the page as a file and says yes to every
 * question. Answers whether everything went as it should.
 */
export async function runOnce(write: (line: string) => void): Promise<boolean> {
  const log = new CallLog(write)
  const folder = await mkdtemp(path.join(tmpdir(), 'toolwire-editor-'))
  const server = await startEditorServer({
    chosen: await startScriptedModel(script, 0),
    log,
    folder,
    port: 0,
    instance: 'once',
    approvalMs: usualApprovalMs,
    killMe: () => {},
  })
  const page = htmlPage(await readFile(new URL('site/index.html', import.meta.url), 'utf8'))
  const runs: Run[] = []
  const client = createToolClient({
    transport: webSocketTransport({ url: `ws://localhost:${server.port}/toolwire` }),
    tools: clientTools({
      page,
      publisher: publisherTo(server, page),
      witness: { write: (run) => void runs.push(run) },
      name: 'terminal',
    }),
    onError: ({ error }) => log.fail(error),
  })
  try {
    await withinMs(timeLimitMs, converse(client, log))
    for (const line of checked(client, [...runs, ...server.witness.runs()], log)) write(line)
    for (const line of summary(page)) write(line)
  } catch (error) {
    log.fail(error)
  } finally {
    client.close()
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
  for (const fault of log.faults) write(`Fault: ${fault}`)
  write(log.faults.length === 0 ? 'Everything has its one result.' : 'Something failed.')
  return log.faults.length === 0
}

async function converse(client: ToolClient, log: CallLog): Promise<void> {
  const stopApproving = approveAll(client, log)
  for (const { prompt, label } of stories) {
    if (label === undefined) continue
    await client.send(prompt)
    await turnOver(client)
  }
  stopApproving()
}

/** What toolwire says beside what the handlers counted themselves. */
function checked(client: ToolClient, runs: readonly Run[], log: CallLog): readonly string[] {
  const { calls, error } = client.getSnapshot()
  const entries = entriesOf(calls, runs, { mayRepeat: () => false, isCounted: () => true })
  if (error) log.fail(new Error(`the client sees an error: ${error.text}`))
  if (calls.length === 0) log.fail(new Error('the client sees no call'))
  for (const { call, verdict } of entries)
    if (verdict === 'wrong' || verdict === 'open')
      log.fail(new Error(`the ledger says "${verdict}" of ${call.toolName}`))
  return ['', verdictLine(entries)]
}

function summary(page: HtmlPage): readonly string[] {
  const headings = page.query('h1, h2').map((node) => `  ${page.name(node)}  ${page.text(node)}`)
  return ['', 'The page of the client:', ...headings, '']
}

function publisherTo({ port }: EditorServer, page: HtmlPage): Publisher {
  const send = async (key: string, init: RequestInit): Promise<void> => {
    const { ok, status } = await fetch(`http://localhost:${port}/published/${key}`, init)
    if (!ok) throw new Error(`The server answered ${status}.`)
  }
  return {
    html: () => page.html(),
    put: (key, piece) => send(key, { method: 'PUT', body: JSON.stringify(piece) }),
    remove: (key) => send(key, { method: 'DELETE' }),
    pauseMs: 0,
  }
}
