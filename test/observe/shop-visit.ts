// The shop of the demo, watched as in examples/monitoring, with a client that says yes to every question.
import { type ToolClient, createToolClient } from 'toolwire/client'
import { httpTransport } from 'toolwire/transports/http'
import { startScriptedModel } from '../../examples/shared/chosen-model.ts'
import { clientTools } from '../../examples/shop/client-tools.ts'
import { MemoryDashboard } from '../../examples/shop/memory-dashboard.ts'
import { script } from '../../examples/shop/script.ts'
import { startShopServer } from '../../examples/shop/shop-server.ts'
import { stories } from '../../examples/shop/stories.ts'
import { CallLog } from '../../examples/shared/terminal.ts'
import { startTelemetry } from '../../examples/monitoring/telemetry.ts'
import { type ReceivedSpan, startCollector } from './collector.ts'

export interface Visit {
  readonly spans: readonly ReceivedSpan[]
  /** What Prometheus reads. */
  readonly scrape: string
  readonly health: { readonly status: number; readonly body: unknown }
  readonly client: ReturnType<ToolClient['getSnapshot']>
  readonly faults: readonly string[]
}

export async function visitShop(): Promise<Visit> {
  const collector = await startCollector()
  const telemetry = (serviceName: string): ReturnType<typeof startTelemetry> =>
    startTelemetry({ serviceName, metricsPort: 0, tracesUrl: collector.url })
  const [atServer, atClient] = [await telemetry('shop'), await telemetry('page')]
  const log = new CallLog(() => {})
  const { observer } = atServer
  const chosen = await startScriptedModel(script, 0)
  const shop = await startShopServer({ chosen, port: 0, log, observer })
  const url = `${shop.url}/toolwire`
  const client = createToolClient({
    transport: httpTransport({ url }),
    tools: clientTools,
    context: new MemoryDashboard(),
    observer: atClient.observer,
  })
  for (const { prompt } of stories) {
    await client.send(prompt)
    await turnOver(client)
  }
  const scrape = await (await fetch(atServer.metricsUrl)).text()
  const answer = await fetch(url)
  const health = { status: answer.status, body: await answer.json() }
  const snapshot = client.getSnapshot()
  client.close()
  await shop.close()
  await atServer.close()
  await atClient.close()
  await collector.close()
  return { spans: collector.spans, scrape, health, client: snapshot, faults: log.faults }
}

function turnOver(client: ToolClient): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      const { status, messages, calls } = client.getSnapshot()
      for (const { state, toolCallId } of calls)
        if (state === 'approval-requested') client.approve(toolCallId).catch(() => {})
      if (status !== 'ready' || messages.at(-1)?.role !== 'assistant') return
      off()
      resolve()
    }
    const off = client.subscribe(look)
    look()
  })
}
