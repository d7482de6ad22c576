// The shop of examples/shop, watched: node examples/monitoring/main.ts
import { modelFromEnvironment, startScriptedModel } from '../shared/chosen-model.ts'
import { script } from '../shop/script.ts'
import { startShopServer } from '../shop/shop-server.ts'
import { CallLog } from '../shared/terminal.ts'
import { startTelemetry } from './telemetry.ts'

const telemetry = await startTelemetry({
  serviceName: 'shop',
  metricsPort: 9464,
  tracesUrl: process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? 'http://localhost:4318/v1/traces',
})
const shop = await startShopServer({
  chosen: modelFromEnvironment(process.env) ?? (await startScriptedModel(script, 20)),
  port: Number(process.env['PORT'] ?? 3210),
  log: new CallLog((line) => console.log(line)),
  observer: telemetry.observer,
})
console.log(`The shop is open: ${shop.url}`)
console.log(`Metrics: ${telemetry.metricsUrl}  Health: curl ${shop.url}/toolwire`)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void shop.close().then(() => telemetry.close()))
