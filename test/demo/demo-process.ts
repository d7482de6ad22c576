import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')

export interface DemoResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The folder of a program in examples. */
type Example = 'compare' | 'page-editor' | 'shop'

/** Runs an example to its end, as `npm run demo -- …args` does. */
export async function runExample(example: Example, ...args: string[]): Promise<DemoResult> {
  const demo = start(example, { args })
  const code = await demo.ended
  return { code, stdout: demo.output.stdout, stderr: demo.output.stderr }
}

export interface RunningDemo {
  readonly url: string
  /** What the terminal shows so far. */
  readonly shown: () => string
  /** As Ctrl+C does; resolves with the exit code. */
  stop(): Promise<number | null>
}

/** Starts an example with its page, on a free port. */
export async function startExample(
  example: Example,
  env: NodeJS.ProcessEnv = {},
): Promise<RunningDemo> {
  const { child, output, ended } = start(example, { env })
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const [found] = /http:\/\/localhost:\d+/.exec(output.stdout) ?? []
      if (found) resolve(found)
    })
    void ended.then((code) => reject(new Error(`exit ${code}: ${output.stderr}`)))
  })
  return {
    url,
    shown: () => output.stdout,
    stop() {
      child.kill('SIGINT')
      return ended
    },
  }
}

function start(
  example: Example,
  { args = [], env = {} }: { args?: readonly string[]; env?: NodeJS.ProcessEnv },
) {
  buildOnce()
  const program = path.join(root, 'examples', example, 'main.ts')
  const child = spawn(process.execPath, [program, ...args], { env: { ...environment(), ...env } })
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => (output[stream] += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, output, ended }
}

/** Without what would choose a model or colours. */
function environment(): NodeJS.ProcessEnv {
  const chosen = ['OPENAI_API_KEY', 'TOOLWIRE_BASE_URL', 'TOOLWIRE_MODEL', 'FORCE_COLOR']
  const kept = Object.entries(process.env).filter(([name]) => !chosen.includes(name))
  return { ...Object.fromEntries(kept), PORT: '0', NO_COLOR: '1' }
}

/** The demo imports the package by its name; `npm test` has built it, a single test file may not have. */
function buildOnce(): void {
  if (existsSync(path.join(root, 'dist/index.js'))) return
  execFileSync('npm', ['run', '--silent', 'build:js'], { cwd: root, stdio: 'inherit' })
}
