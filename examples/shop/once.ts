import { type ToolClient, createToolClient } from 'toolwire/client'
import { httpTransport } from 'toolwire/transports/http'
import { isTerminal } from 'toolwire/protocol'
import { startScriptedModel } from '../shared/chosen-model.ts'
import { approveAll, turnOver, withinMs } from '../shared/headless.ts'
import { clientTools } from './client-tools.ts'
import { MemoryDashboard } from './memory-dashboard.ts'
import { script } from './script.ts'
import { startShopServer } from './shop-server.ts'
import { stories } from './stories.ts'
import { CallLog } from '../shared/terminal.ts'

const timeLimitMs = 30_000

/**
 * One scripted conversation through real HTTP, with a client that has no screen and says yes to every
 * question. Answers whether everything went as it should.
 */
export async function runOnce(write: (line: string) => void): Promise<boolean> {
  const log = new CallLog(write)
  const shop = await startShopServer({ chosen: await startScriptedModel(script, 0), port: 0, log })
  const dashboard = new MemoryDashboard()
  const client = createToolClient({
    transport: httpTransport({ url: `${shop.url}/toolwire` }),
    tools: clientTools,
    context: dashboard,
    onError: ({ error }) => log.fail(error),
  })
  try {
    await withinMs(timeLimitMs, converse(client, log))
    for (const fault of unsettled(client)) log.fail(fault)
  } catch (error) {
    log.fail(error)
  } finally {
    client.close()
    await shop.close()
  }
  write('')
  write('The dashboard of the client:')
  for (const line of dashboard.describe()) write(`  ${line}`)
  write('')
  for (const fault of log.faults) write(`Fault: ${fault}`)
  write(log.faults.length === 0 ? 'Everything has its one result.' : 'Something failed.')
  return log.faults.length === 0
}

async function converse(client: ToolClient, log: CallLog): Promise<void> {
  const stopApproving = approveAll(client, log)
  for (const { prompt } of stories) {
    await client.send(prompt)
    await turnOver(client)
  }
  stopApproving()
}

/** What the client itself sees of the calls: each settled, and none shown twice. */
function unsettled(client: ToolClient): readonly string[] {
  const { calls, error } = client.getSnapshot()
  const ids = new Set(calls.map(({ toolCallId }) => toolCallId))
  return [
    ...calls
      .filter(({ state }) => !isTerminal(state))
      .map(({ toolName, state }) => `the client sees ${toolName} ${state}`),
    ...(ids.size === calls.length ? [] : ['the client sees a call twice']),
    ...(calls.length === 0 ? ['the client sees no call'] : []),
    ...(error ? [`the client sees an error: ${error.text}`] : []),
  ]
}
