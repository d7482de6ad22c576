// Every format that was ever written, as the statements that make it; each is opened by the newest version.
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'

const folder = path.join(import.meta.dirname, 'formats')

export interface OldFormat {
  readonly version: number
  /** Statements of both dialects. */
  readonly statements: readonly string[]
}

export const oldFormats: readonly OldFormat[] = readdirSync(folder)
  .toSorted()
  .map((name) => ({
    version: Number.parseInt(name, 10),
    statements: readFileSync(path.join(folder, name), 'utf8')
      .split(/;\n/)
      .map((statement) => statement.trim())
      .filter((statement) => statement !== ''),
  }))
