import { parseArgs } from 'node:util'

/** What a demo can do, whatever it shows. */
export interface Demo {
  readonly usage: string
  /** One conversation without a page; answers whether all went well. */
  readonly once: (write: Write) => Promise<boolean>
  readonly replay?: (file: string, write: Write) => Promise<boolean>
  /** Serves until Ctrl+C. */
  readonly serve: (write: Write) => Promise<void>
}

export type Write = (line: string) => void

const write: Write = (line) => console.log(line)

/** When everything is closed, nothing may keep the process alive for longer than this. */
const graceMs = 5_000

/** Does what the arguments of this process ask for, and ends it with 0, or 1 where anything failed. */
export async function runDemo(demo: Demo): Promise<void> {
  try {
    process.exitCode = (await run(demo, process.argv.slice(2))) ? 0 : 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}

async function run(demo: Demo, args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: {
      once: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      ...(demo.replay && { replay: { type: 'string' } as const }),
    },
  })
  if (values.help) write(demo.usage)
  else if (values.once) return demo.once(write).finally(expectEnd)
  else if (demo.replay && typeof values.replay === 'string')
    return demo.replay(values.replay, write)
  else await demo.serve(write)
  return true
}

/** Fails aloud where something was left open, instead of waiting for ever. */
function expectEnd(): void {
  setTimeout(() => {
    console.error('Something keeps this process alive.')
    process.exit(1)
  }, graceMs).unref()
}

/** Ends what is served at Ctrl+C. Once: a second one ends a program that does not come to its end. */
export function untilCtrlC(close: () => unknown): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close())
}
