import { ToolwireError } from '../base/index.ts'

/** The `typeof` that each option may have. */
const kinds = {
  name: 'string',
  title: 'string',
  description: 'string',
  inputSchema: 'object function',
  outputSchema: 'object function',
  progressSchema: 'object function',
  category: 'string',
  requires: 'object',
  executor: 'string function',
  readOnly: 'boolean',
  idempotent: 'boolean',
  destructive: 'boolean',
  permission: 'string object',
  approval: 'boolean function',
  timeoutMs: 'number',
  idleTimeoutMs: 'number',
  retry: 'object',
  concurrency: 'string function',
  maxModelOutputChars: 'number',
  toModelOutput: 'function',
  execute: 'function',
}

const words: Readonly<Record<string, readonly string[]>> = {
  executor: ['client', 'server'],
  concurrency: ['parallel', 'serial'],
}

const legalName = /^[A-Za-z_][\w./:-]{0,127}$/

/** @throws {@link ToolwireError} `INVALID_TOOL` for an option that is unknown, missing or of the wrong kind. */
export function checkToolOptions(options: object): void {
  const entries = new Map<string, unknown>(Object.entries(options))
  const name = String(entries.get('name'))
  const fail = (problem: string, hint: string): never => {
    throw new ToolwireError('INVALID_TOOL', `Tool "${name}": ${problem}.`, { hint })
  }
  if (!legalName.test(name) || typeof entries.get('name') !== 'string')
    fail(
      'the name is not legal',
      'Use 1 to 128 letters, digits, "_", "-", ".", "/" or ":", beginning with a letter or "_".',
    )
  for (const required of ['description', 'inputSchema'])
    if (!entries.get(required)) fail(`"${required}" is missing`, 'Every tool needs it.')
  for (const [key, value] of entries) {
    const kind = new Map(Object.entries(kinds)).get(key)
    if (!kind)
      fail(`"${key}" is not an option`, `The options are ${Object.keys(kinds).join(', ')}.`)
    else if (value !== undefined && !fits(key, value, kind))
      fail(`"${key}" is not legal: ${String(value)}`, `Give a ${kind.replace(' ', ' or ')}.`)
  }
}

function fits(key: string, value: unknown, kind: string): boolean {
  if (!value && typeof value === 'object') return false
  if (typeof value === 'string' && words[key]) return words[key].includes(value)
  return kind.split(' ').includes(typeof value) && (typeof value !== 'number' || value > 0)
}
