// The shop of examples/demo, watched: node examples/monitoring/main.ts
import { modelFromEnvironment, startScriptedModel } from '../demo/chosen-model.ts'
import { startShopServer } from '../demo/shop-server.ts'
import { CallLog } from '../demo/terminal.ts'
import { startTelemetry } from './telemetry.ts'

const telemetry = await startTelemetry({
  serviceName: 'shop',
  metricsPort: 9464,
  tracesUrl: process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? 'http://localhost:4318/v1/traces',
})
const shop = await startShopServer({
  chosen: modelFromEnvironment(process.env) ?? (await startScriptedModel(20)),
  port: Number(process.env['PORT'] ?? 3210),
  log: new CallLog((line) => console.log(line)),
  observer: telemetry.observer,
})
console.log(`The shop is open: ${shop.url}`)
console.log(`Metrics: ${telemetry.metricsUrl}  Health: curl ${shop.url}/toolwire`)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void shop.close().then(() => telemetry.close()))
