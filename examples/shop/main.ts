import { modelFromEnvironment, startScriptedModel } from '../shared/chosen-model.ts'
import { runDemo, untilCtrlC } from '../shared/command.ts'
import { CallLog } from '../shared/terminal.ts'
import { runOnce } from './once.ts'
import { script } from './script.ts'
import { startShopServer } from './shop-server.ts'

const usage = `npm run demo:shop                a dashboard on localhost, with a scripted model
npm run demo:shop -- --once      one scripted conversation without a page; exits 0, or 1 where anything failed

The environment chooses model and port, as for npm run demo.`

await runDemo({
  usage,
  once: runOnce,
  async serve(write) {
    const chosen = modelFromEnvironment(process.env) ?? (await startScriptedModel(script, 20))
    const port = Number(process.env['PORT'] ?? 3210)
    const shop = await startShopServer({ chosen, port, log: new CallLog(write) })
    write(`The shop is open: ${shop.url}  (${chosen.name}; Ctrl+C ends it)`)
    untilCtrlC(() => shop.close())
  },
})
