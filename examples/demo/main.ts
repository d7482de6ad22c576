import { parseArgs } from 'node:util'
import { modelFromEnvironment, startScriptedModel } from './chosen-model.ts'
import { runOnce } from './once.ts'
import { replay } from './replay.ts'
import { startShopServer } from './shop-server.ts'
import { CallLog } from './terminal.ts'

const usage = `npm run demo                     a page on localhost, with a scripted model
npm run demo -- --once           one scripted conversation without a page; exits 0, or 1 where anything failed
npm run demo -- --replay FILE    what a recorded Chat Completions stream becomes

OPENAI_API_KEY [TOOLWIRE_MODEL]                          uses a model of OpenAI instead
TOOLWIRE_BASE_URL TOOLWIRE_MODEL [TOOLWIRE_API_KEY]      uses any server that speaks Chat Completions
PORT                                                     default 3210`

const write = (line: string): void => console.log(line)

/** When everything is closed, nothing may keep the process alive for longer than this. */
const graceMs = 5_000

try {
  process.exitCode = (await run(process.argv.slice(2))) ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

/** Answers whether all went well. */
async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: {
      once: { type: 'boolean' },
      replay: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) write(usage)
  else if (values.once) return runOnce(write).finally(expectEnd)
  else if (values.replay !== undefined) return replay(values.replay, write)
  else await servePage()
  return true
}

/** Fails aloud where something was left open, instead of waiting for ever. */
function expectEnd(): void {
  setTimeout(() => {
    console.error('Something keeps this process alive.')
    process.exit(1)
  }, graceMs).unref()
}

async function servePage(): Promise<void> {
  const chosen = modelFromEnvironment(process.env) ?? (await startScriptedModel(20))
  const port = Number(process.env['PORT'] ?? 3210)
  const shop = await startShopServer({ chosen, port, log: new CallLog(write) })
  write(`The shop is open: ${shop.url}  (${chosen.name}; Ctrl+C ends it)`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    // Once: a second Ctrl+C ends a program that does not come to its end.
    process.once(signal, () => void shop.close())
}
