import type { AcceptTool } from '../../../src/server/index.ts'

/** Tools whose definition somebody has read, by name: the hash that they had then. */
export type Pins = ReadonlyMap<string, string>

/** Takes what was read, as it was read; the rest is held back and told to `onNews`, for somebody to read. */
export function pinned(pins: () => Pins, onNews: (name: string, hash: string) => void): AcceptTool {
  return ({ name, hash, destructive }) => {
    if (destructive) return { reject: 'Tools that destroy something are not taken from clients.' }
    if (pins().get(name) === hash) return 'accept'
    onNews(name, hash)
    return 'quarantine'
  }
}
