import { type JsonObject, isObject } from '../base/index.ts'
import { redacted, withoutSecrets } from './secret-text.ts'

export interface RedactOptions {
  /** Names of fields that are never shown, beside those that speak for themselves such as `password`. */
  readonly keys?: readonly string[]
  /** Texts that are never shown wherever they stand, such as the keys of this process. */
  readonly secrets?: readonly string[]
}

/** Takes secrets out of a value before it is written; `schema` says which fields are, with `"x-secret": true`. */
export type Redact = (value: unknown, schema?: JsonObject) => unknown

const maxDepth = 64

/**
 * Makes the function that audit, events and telemetry put everything through before it is written: what the
 * schema or its name calls a secret goes as a whole, and of texts what is known or looks like one. What it gives
 * is a copy made of plain data, also of errors and of values that refer to themselves.
 */
export function createRedact({ keys = [], secrets = [] }: RedactOptions = {}): Redact {
  const own = new Set(keys.map(plain))
  // A text of a few letters stands in too many others.
  const known = secrets.filter((secret) => secret.length > 3)

  const walk = (value: unknown, place: Place): unknown => {
    if (place.schemas.some((schema) => schema['x-secret'] === true)) return redacted
    if (typeof value === 'string') return withoutSecrets(value, known)
    if (typeof value !== 'object' || value === null) return jsonOf(value)
    if (place.above.length >= maxDepth) return '[too deep]'
    if (place.above.includes(value)) return '[circular]'
    return inside(value, place)
  }

  const inside = (value: object, place: Place): unknown => {
    const above = [...place.above, value]
    const at = (key: string, child: unknown): unknown =>
      walk(child, {
        ...place,
        above,
        schemas: place.schemas.flatMap((one) => under(one, key, place)),
      })
    if (Array.isArray(value)) return value.map((item, index) => at(String(index), item))
    const pairs = fieldsOf(value).map(([key, child]) => {
      const isSecret = own.has(plain(key)) || namesSecret(key)
      return [withoutSecrets(key, known), isSecret ? redacted : at(key, child)]
    })
    return Object.fromEntries(pairs)
  }

  return (value, root) =>
    walk(value, { root, above: [], schemas: root ? variantsOf(root, root) : [] })
}

interface Place {
  readonly root: JsonObject | undefined
  readonly schemas: readonly JsonObject[]
  /** The values that hold this one. */
  readonly above: readonly object[]
}

/** Of an error, also what its own fields do not list. */
function fieldsOf(value: object): readonly (readonly [string, unknown])[] {
  if (!(value instanceof Error)) return Object.entries(value)
  const { name, message, stack, cause } = value
  const shown = Object.entries({ name, message, stack, cause })
  return [...shown.filter(([, field]) => field !== undefined), ...Object.entries(value)]
}

function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return typeof value === 'function' || typeof value === 'symbol' ? `[${typeof value}]` : value
}

/** The schemas that a field or an item has within `schema`. */
function under(schema: JsonObject, key: string, { root }: Place): readonly JsonObject[] {
  const { properties, prefixItems, items, additionalProperties } = schema
  const named = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined
  const placed = Array.isArray(prefixItems) ? prefixItems[Number(key)] : undefined
  const found = [named ?? additionalProperties, placed ?? items]
  return found.flatMap((one) => (isSchema(one) ? variantsOf(one, root ?? one) : []))
}

/** A schema with all that it refers to or is made of; each once, since schemas may refer to themselves. */
function variantsOf(schema: JsonObject, root: JsonObject): readonly JsonObject[] {
  const all = new Set<JsonObject>()
  const open = [schema]
  for (let next = open.pop(); next; next = open.pop()) {
    if (all.has(next)) continue
    all.add(next)
    const { anyOf, oneOf, allOf, $ref } = next
    open.push(...[anyOf, oneOf, allOf, referred($ref, root)].flat().filter(isSchema))
  }
  return [...all]
}

function referred(ref: unknown, root: JsonObject): unknown {
  if (typeof ref !== 'string' || !ref.startsWith('#')) return undefined
  const steps = ref
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  return steps.reduce<unknown>((node, step) => (isObject(node) ? node[step] : undefined), root)
}

function isSchema(value: unknown): value is JsonObject {
  return isObject(value) && !Array.isArray(value)
}

const secretNames =
  /(?:password|passwd|passphrase|secret|apikey|accesskey|privatekey|authorization|cookie|credentials?|(?:access|refresh|id|auth|bearer|session|csrf|api)token|sessionid|connectionstring)$/

function namesSecret(key: string): boolean {
  const name = plain(key)
  return (
    secretNames.test(name) || ['token', 'auth', 'pwd', 'pin', 'otp', 'cvv', 'jwt'].includes(name)
  )
}

function plain(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '')
}
