import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { FromServer, ServerSettings } from './server-process.ts'

export interface SupervisedEditor {
  readonly url: string
  readonly modelName: string
  close(): Promise<void>
}

/**
 * Runs the server as a process of its own, and starts another where that one was killed, on the same port and with the
 * same store: the plug "restart the server" is a real SIGKILL.
 */
export async function superviseEditor(port: number): Promise<SupervisedEditor> {
  const folder = await mkdtemp(path.join(tmpdir(), 'toolwire-editor-'))
  const settings: ServerSettings = { folder, port, instance: randomUUID().slice(0, 8) }
  const first = await start(settings)
  let current = first.child
  let isClosing = false
  const keepUp = (child: ChildProcess): void => {
    child.once('exit', () => {
      if (isClosing) return
      start({ ...settings, port: first.port, isRestart: true }).then(({ child: next }) => {
        current = next
        keepUp(next)
      }, fail)
    })
  }
  keepUp(first.child)
  return {
    url: `http://localhost:${first.port}`,
    modelName: first.modelName,
    async close() {
      isClosing = true
      await ended(current)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Started {
  readonly child: ChildProcess
  readonly port: number
  readonly modelName: string
}

function start(settings: ServerSettings): Promise<Started> {
  const child = fork(new URL('server-process.ts', import.meta.url), [JSON.stringify(settings)])
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('The server of the editor did not start.')))
    child.on('message', (message: FromServer) => {
      if (message.type === 'kill-me') child.kill('SIGKILL')
      else resolve({ child, ...message })
    })
  })
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}
