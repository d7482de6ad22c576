import { runDemo, untilCtrlC } from '../shared/command.ts'
import { replay } from '../shared/replay.ts'
import { runOnce } from './once.ts'
import { superviseEditor } from './supervisor.ts'

const usage = `npm run demo                     a page editor on localhost, with a scripted model
npm run demo -- --once           one scripted conversation without a browser; exits 0, or 1 where anything failed
npm run demo -- --replay FILE    what a recorded Chat Completions stream becomes

OPENAI_API_KEY [TOOLWIRE_MODEL]                          uses a model of OpenAI instead
TOOLWIRE_BASE_URL TOOLWIRE_MODEL [TOOLWIRE_API_KEY]      uses any server that speaks Chat Completions
PORT                                                     default 3210`

await runDemo({
  usage,
  once: runOnce,
  replay,
  async serve(write) {
    const editor = await superviseEditor(Number(process.env['PORT'] ?? 3210))
    write(`The editor is open: ${editor.url}  (${editor.modelName}; Ctrl+C ends it)`)
    untilCtrlC(() => editor.close())
  },
})
