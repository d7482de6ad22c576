import { runDemo, untilCtrlC } from '../shared/command.ts'
import { startBench } from './bench.ts'
import { runOnce } from './once.ts'

const usage = `node examples/compare/main.ts            the same app on the AI SDK and on toolwire, side by side
node examples/compare/main.ts --once     pulls every plug on both, in a headless Chromium, and prints what came of it

PORT                                     default 3211
PLUG                                     with --once, a part of the names of the plugs to pull; all where it is empty`

await runDemo({
  usage,
  once: runOnce,
  async serve(write) {
    const bench = await startBench(Number(process.env['PORT'] ?? 3211))
    write(`Both apps are open: ${bench.url}  (Ctrl+C ends it)`)
    untilCtrlC(() => bench.close())
  },
})
