import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Run, Witness } from './witness.ts'

export interface FileWitness extends Witness {
  readonly runs: () => readonly Run[]
}

/** Writes runs to a file, synchronously: what was begun is in it, also where the process is killed right after. */
export function fileWitness(file: string): FileWitness {
  return {
    write: (run) => appendFileSync(file, `${JSON.stringify(run)}\n`),
    runs: () =>
      existsSync(file)
        ? readFileSync(file, 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line): Run => JSON.parse(line))
        : [],
  }
}
