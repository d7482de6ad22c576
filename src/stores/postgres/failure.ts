import { type ToolwireError, isObject } from '../../base/index.ts'
import { type Advice, storeFailed, textOf } from '../_sql/advice.ts'

const unreachable: Advice = [
  'cannot be reached',
  'See that the server runs and that host, port and firewall are right.',
]
const noRights: Advice = [
  'refuses this to its user',
  'Grant the user the tables; to set the store up or bring it up to date, the right to make tables too.',
]

/** By SQLSTATE or by the code that Node gives a socket; the first two characters are a class. */
const advice: Readonly<Record<string, Advice>> = {
  '28': ['refuses the user or the password', 'Correct user and password in the connection URL.'],
  '3D000': ['has no such database', 'Make the database, or name another in the connection URL.'],
  '42501': noRights,
  '25006': [
    'takes no writes',
    'Connect to the primary: this is a standby, or it was set read-only.',
  ],
  '53100': ['has no room left', 'Free room on the disk of the server; then do it again.'],
  '53300': [
    'takes no more connections',
    'Raise max_connections, or give each node a smaller pool.',
  ],
  '55P03': [
    'waited too long for a lock',
    'Look for a session that keeps a transaction open (pg_stat_activity).',
  ],
  '57P03': ['is starting or stopping', 'Wait a moment and do it again.'],
  '57': ['ended the connection', 'Do it again; look at the log of the server where that goes on.'],
  '08': unreachable,
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENOTFOUND: ['has a host name that nobody knows', 'Correct the host in the connection URL.'],
  ENOENT: unreachable,
  ERR_INVALID_URL: [
    'has a connection URL that is none',
    'Write postgres://user:password@host/database.',
  ],
  ERR_MODULE_NOT_FOUND: ['needs the package "pg"', 'Install it: npm install pg'],
}

const otherwise: Advice = ['failed', 'Look at `cause`.']

export function postgresFailure(error: unknown): ToolwireError {
  return storeFailed('The PostgreSQL store', adviceOn(error), error)
}

function adviceOn(error: unknown): Advice {
  const code = textOf(error, 'code')
  const known = advice[code] ?? advice[code.slice(0, 2)]
  if (known) return known
  // The driver says this without a code.
  return /timeout|terminated|not queryable/i.test(textOf(error, 'message'))
    ? unreachable
    : otherwise
}

/**
 * What the server answered to COMMIT is known, other than that it is closing; a connection that broke, or a time
 * that ran out, is no answer.
 */
export function postgresLostAnswer(error: unknown): boolean {
  const code = textOf(error, 'code')
  const isAnswer = isObject(error) && 'severity' in error && !/^(08|57P)/.test(code)
  return !isAnswer && !isRolledBack(error)
}

/** The server answered ROLLBACK to COMMIT, which is how it says that nothing was kept. */
function isRolledBack(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortedTransactionError'
}

/** Two transactions that waited for each other, or met: one of them was undone and may come again. */
export function postgresIsBusy(error: unknown): boolean {
  return ['40001', '40P01'].includes(textOf(error, 'code'))
}

export function postgresIsMissingTable(error: unknown): boolean {
  return ['42P01', '3F000'].includes(textOf(error, 'code'))
}
