import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { redisUrl } from '../brokers/redis-bench.ts'
import { root } from '../checks/entries.ts'
import { url as postgresUrl } from '../stores/postgres-server.ts'

const program = path.join(root, 'examples/cluster/main.ts')

export interface RunningCluster {
  /** What it says so far. */
  readonly shown: () => string
  /** Resolves with the part of what it says that `pattern` finds; rejects where it ends before. */
  says(pattern: RegExp): Promise<string>
  /** The exit code. */
  readonly ended: Promise<number | null>
  /** As Ctrl+C does. */
  interrupt(): void
}

/** Starts the example on the servers of the tests, with its page on a free port. */
export function startCluster(
  args: readonly string[] = [],
  places: Readonly<Record<string, string>> = {},
): RunningCluster {
  // The example imports the package by its name; `npm test` has built it, a single test file may not have.
  if (!existsSync(path.join(root, 'dist/index.js')))
    execFileSync('npm', ['run', '--silent', 'build:js'], { cwd: root, stdio: 'inherit' })
  const env = {
    ...process.env,
    TOOLWIRE_POSTGRES: postgresUrl,
    TOOLWIRE_REDIS: redisUrl,
    PORT: '0',
    NO_COLOR: '1',
    ...places,
  }
  const child = spawn(process.execPath, [program, ...args], { env })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    shown: () => output,
    ended,
    interrupt: () => void child.kill('SIGINT'),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const [found] = pattern.exec(output) ?? []
          if (found !== undefined) resolve(found)
        }
        child.stdout.on('data', look)
        void ended.then((code) => reject(new Error(`exit ${code}: ${output}`)))
        look()
      }),
  }
}
