import { type Json, type JsonObject, isObject } from '../base/index.ts'
import { fields, items, parseJson } from './_json.ts'

/** Deeper, a schema says nothing more of what a text may be. */
const maxDepth = 8

/** How Qwen's chat template writes values that are neither text nor structure. */
const words: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' }

/**
 * A parameter that a model wrote as plain text, as the JSON that its schema wants. Text stays text wherever
 * the schema allows text, or says nothing; it becomes another value only where it is exactly one of the
 * declared types. Else it stays text too, for validation to say what is wrong.
 */
export function typedJson(text: string, name: string, schema: JsonObject): string {
  const properties = fields(schema['properties'])
  const types = new Set<string>()
  if (Object.hasOwn(properties, name))
    collectTypes(properties[name], types, { root: schema, depth: 0 })
  const trimmed = text.trim()
  if (types.has('string') || types.size === 0)
    return types.has('null') && trimmed === 'null' ? trimmed : JSON.stringify(text)
  return (
    exactJson(Object.hasOwn(words, trimmed) ? (words[trimmed] ?? '') : trimmed, (value) =>
      types.has(typeOf(value)),
    ) ?? JSON.stringify(text)
  )
}

/** `text` where it is JSON whose value fits. */
export function exactJson(text: string, fits: (value: Json) => boolean): string | undefined {
  const value = parseJson(text)
  return value !== undefined && fits(value) ? text.trim() : undefined
}

interface Place {
  readonly root: JsonObject
  readonly depth: number
}

function collectTypes(schema: Json | undefined, types: Set<string>, place: Place): void {
  if (!isObject(schema) || place.depth > maxDepth) return
  for (const type of [schema['type']].flat()) if (typeof type === 'string') types.add(numeric(type))
  if (Object.hasOwn(schema, 'const')) types.add(typeOf(schema['const']))
  for (const value of items(schema['enum'])) types.add(typeOf(value))
  const deeper = { ...place, depth: place.depth + 1 }
  for (const keyword of ['anyOf', 'oneOf', 'allOf'])
    for (const part of items(schema[keyword])) collectTypes(part, types, deeper)
  if (typeof schema['$ref'] === 'string')
    collectTypes(resolve(schema['$ref'], place.root), types, deeper)
}

/** What a reference within the schema points at. */
function resolve(reference: string, root: JsonObject): Json | undefined {
  if (!reference.startsWith('#/')) return undefined
  let found: Json | undefined = root
  for (const step of reference.slice(2).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined
  }
  return found
}

function typeOf(value: Json | undefined): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function numeric(type: string): string {
  return type === 'integer' ? 'number' : type
}
