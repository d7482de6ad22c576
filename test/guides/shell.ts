import { spawn } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'

/** npm could not fetch a package: a matter of the network, and not of what is tried here. */
export class RegistryUnreachable extends Error {}

/** A program that goes on until it is stopped. */
export interface RunningProgram {
  /** Resolves with what `pattern` finds in what it says; rejects where it ends before. */
  says(pattern: RegExp): Promise<string>
  stop(): Promise<void>
}

/**
 * Runs commands as a person does in a terminal, one after the other, in a folder that `cd` changes. Whatever is still
 * running is killed, with all that it started, as soon as `signal` aborts or this process ends.
 */
export class Shell {
  #folder: string
  readonly #signal: AbortSignal

  constructor(folder: string, signal: AbortSignal) {
    this.#folder = folder
    this.#signal = signal
  }

  get folder(): string {
    return this.#folder
  }

  /** Resolves with what it said once it is over; rejects where it failed. */
  async run(command: string): Promise<string> {
    const [, folder] = /^cd (\S+)$/.exec(command) ?? []
    if (folder) {
      this.#folder = path.join(this.#folder, folder)
      return ''
    }
    const program = this.#start(command)
    const code = await program.ended
    const output = program.shown()
    if (code === 0) return output
    const [, unreachable] = networkFailure.exec(output) ?? []
    if (unreachable)
      throw new RegistryUnreachable(`The registry of npm cannot be reached: ${unreachable}`)
    throw new Error(`"${command}" ended with ${code}:\n${output}`)
  }

  /** Starts what goes on until it is stopped. */
  start(command: string): RunningProgram {
    const { child, ended, shown } = this.#start(command)
    return {
      says: (pattern) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            const [found] = pattern.exec(shown()) ?? []
            if (found !== undefined) resolve(found)
          }
          child.stdout.on('data', look)
          void ended.then((code) =>
            reject(new Error(`"${command}" ended with ${code}:\n${shown()}`)),
          )
          look()
        }),
      async stop() {
        child.stdin.end()
        await ended
      },
    }
  }

  #start(command: string) {
    this.#signal.throwIfAborted()
    const child = spawn(`${leash}\n${command}`, {
      shell: true,
      cwd: this.#folder,
      env: environment(),
      detached: true,
    })
    const kill = (): void => void child.stdin.end()
    this.#signal.addEventListener('abort', kill)
    child.once('exit', () => {
      this.#signal.removeEventListener('abort', kill)
      // What it left running ends with it.
      kill()
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    return { child, ended, shown: () => output }
  }
}

/**
 * The command and all that it starts are one group, which is killed when the pipe from this process closes, however
 * that comes: also where this process is killed itself. The command has no input, so that nothing waits for an answer.
 */
const leash = 'exec 3<&0 </dev/null; { cat <&3; kill -KILL 0; } >/dev/null 2>&1 &'

const networkFailure =
  /npm error code (ENOTFOUND|EAI_AGAIN|ECONN\w+|E\w*TIMEDOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED)/

/** As of a terminal in which no npm script and no test runs; npm takes what it has, asks little and says little. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !inherited.test(name))
  return {
    ...Object.fromEntries(kept),
    NO_COLOR: '1',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    npm_config_prefer_offline: 'true',
    // Whether there is a registry at all should be known before the test gives up.
    npm_config_fetch_retry_mintimeout: '1000',
    npm_config_fetch_retry_maxtimeout: '5000',
  }
}

const inherited =
  /^(?:FORCE_COLOR|INIT_CWD|NODE_ENV|VITEST.*|npm_(?:package|lifecycle)_.*|npm_config_local_prefix)$/
