import { appendFileSync, readFileSync } from 'node:fs'
import { isToolwireError } from '../../src/base/index.ts'

/** What a process saw, written down before it goes on. */
export type Sight =
  /** A handler begins, or is about to give `value` back. */
  | { readonly saw: 'begin'; readonly callId: string; readonly attempt: number }
  | { readonly saw: 'end'; readonly callId: string; readonly value: string }
  /** A model was asked. */
  | { readonly saw: 'request' }
  /** Something that must not be. */
  | { readonly saw: 'fault'; readonly text: string }
  /** An error that the product reported. */
  | { readonly saw: 'error'; readonly code: string; readonly text: string }

export type Seen = Sight & {
  /** The process that saw it. */
  readonly pid: number
  /** Wall clock, milliseconds. */
  readonly at: number
}

/** A file that many processes append to, each line in one write: what is in it no later death takes back. */
export class WitnessFile {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  write(sight: Sight): void {
    const seen: Seen = { ...sight, pid: process.pid, at: Date.now() }
    appendFileSync(this.#path, `${JSON.stringify(seen)}\n`)
  }

  read(): readonly Seen[] {
    const lines = readFileSync(this.#path, 'utf8').trim().split('\n')
    // Written above.
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Seen)
  }
}

/** For `onError`. */
export function reportTo(witness: WitnessFile, error: unknown): void {
  witness.write({
    saw: 'error',
    code: isToolwireError(error) ? error.code : 'none',
    text: error instanceof Error ? `${error.stack} ${String(error.cause)}` : String(error),
  })
}
