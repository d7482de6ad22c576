import { type ToolwireError, isObject } from '../../base/index.ts'
import { type Advice, storeFailed, textOf } from '../_sql/advice.ts'

const busy = 5

/** By primary result code of SQLite. */
const advice: Readonly<Record<number, Advice>> = {
  3: ['may not be used by this process', 'Give the process rights to the file and its folder.'],
  [busy]: [
    'is locked by another process',
    'Look for a program that keeps a transaction open; then do it again.',
  ],
  6: ['is locked', 'Look for a statement that is still open on the same connection.'],
  8: [
    'cannot be written',
    'Give the process the right to write the file and its folder, and do not open it read-only.',
  ],
  10: ['failed to read or write its disk', 'Look at the disk and at `cause`.'],
  11: ['is damaged', 'Restore a backup; `sqlite3 FILE .recover` may get out what is left.'],
  13: ['has no room left', 'Free room on the disk, or raise max_page_count; then do it again.'],
  14: ['cannot be opened', 'Make its folder, and give the process the right to write there.'],
  26: ['is no SQLite database', 'Name another file, or move this one away.'],
}

const names: Readonly<Record<string, number>> = {
  SQLITE_PERM: 3,
  SQLITE_BUSY: busy,
  SQLITE_LOCKED: 6,
  SQLITE_READONLY: 8,
  SQLITE_IOERR: 10,
  SQLITE_CORRUPT: 11,
  SQLITE_FULL: 13,
  SQLITE_CANTOPEN: 14,
  SQLITE_NOTADB: 26,
}

const otherwise: Advice = ['failed', 'Look at `cause`.']

export function sqliteFailure(store: string, error: unknown): ToolwireError {
  return storeFailed(store, advice[resultCode(error)] ?? otherwise, error)
}

/** Another connection writes right now. */
export function sqliteIsBusy(error: unknown): boolean {
  return resultCode(error) === busy
}

export function sqliteIsMissingTable(error: unknown): boolean {
  return textOf(error, 'message').includes('no such table')
}

/** The primary code: `node:sqlite` has the extended one as a number, `better-sqlite3` as a name. */
function resultCode(error: unknown): number {
  const code = isObject(error) ? error['errcode'] : undefined
  if (typeof code === 'number') return code & 0xff
  const [name = ''] = /^SQLITE_[A-Z]+/.exec(textOf(error, 'code')) ?? []
  return names[name] ?? 0
}
