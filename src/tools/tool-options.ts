import { ToolwireError } from '../base/index.ts'

const required = ['name', 'description', 'inputSchema']
const schemas = ['inputSchema', 'outputSchema', 'progressSchema']

/** The options that may have a value of each type. */
const known: Readonly<Record<string, readonly string[]>> = {
  string: ['name', 'title', 'description', 'category', 'permission', 'executor', 'concurrency'],
  boolean: ['readOnly', 'idempotent', 'destructive', 'approval'],
  number: ['timeoutMs', 'idleTimeoutMs', 'maxModelOutputChars'],
  object: [...schemas, 'requires', 'permission', 'retry', 'rateLimit', 'cache'],
  function: [...schemas, 'executor', 'approval', 'concurrency', 'toModelOutput', 'execute'],
}

/** The texts that an option may have, where not all are legal. */
const texts: Readonly<Record<string, RegExp>> = {
  name: /^[A-Za-z_][\w./:-]{0,127}$/,
  description: /./,
  executor: /^(?:client|server)$/,
  concurrency: /^(?:parallel|serial)$/,
}

const scopes: Readonly<Record<string, readonly string[]>> = {
  rateLimit: ['user', 'session', 'tool'],
  cache: ['session', 'user', 'all'],
}

/** @throws {@link ToolwireError} `INVALID_TOOL` for an option that is unknown, missing or not legal */
export function checkToolOptions(options: object): void {
  const given = new Map<string, unknown>(Object.entries(options))
  const names = new Set(Object.values(known).flat())
  for (const key of [...required, ...given.keys()]) {
    const value = given.get(key)
    const isLegal = value === undefined ? !required.includes(key) : isLegalValue(key, value)
    if (names.has(key) && isLegal) continue
    throw new ToolwireError(
      'INVALID_TOOL',
      `Tool "${String(given.get('name'))}": ${names.has(key) ? 'illegal' : 'unknown option'} "${key}".`,
      { hint: hintFor(key, names) },
    )
  }
}

function isLegalValue(key: string, value: unknown): boolean {
  const isText = typeof value !== 'string' || texts[key]?.test(value) !== false
  const isPositive = typeof value !== 'number' || value > 0
  const isKnown = value !== null && Boolean(known[typeof value]?.includes(key))
  return isKnown && isText && isPositive && isScoped(key, value)
}

/** A limit or a cache without a number or a scope would be none. */
function isScoped(key: string, value: unknown): boolean {
  const legal = scopes[key]
  if (!legal || value === undefined) return true
  const { by, ...numbers }: { by?: unknown } = Object(value)
  const names = key === 'cache' ? ['ttlMs'] : ['limit', 'windowMs']
  const isPositive = (number: unknown): boolean => typeof number === 'number' && number > 0
  return (
    legal.includes(String(by)) &&
    Object.keys(numbers).toSorted().join() === names.join() &&
    Object.values(numbers).every(isPositive)
  )
}

function hintFor(key: string, names: ReadonlySet<string>): string {
  if (!names.has(key)) return `The options are ${[...names].join(', ')}.`
  const types = Object.keys(known).filter((type) => known[type]?.includes(key))
  const numbers = key === 'cache' ? 'ttlMs' : 'limit, windowMs'
  if (scopes[key]) return `It has ${numbers} and by, which is ${scopes[key].join(' or ')}.`
  return `It may be: ${types.join(' or ')}${texts[key] ? `, a text like ${texts[key].source}` : ''}.`
}
