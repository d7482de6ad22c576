import { type Json, type JsonObject, isObject } from '../base/index.ts'
import type { SchemaDialect } from './_schema-dialects.ts'
import {
  type Schema,
  constraints,
  fromEntries,
  isOpen,
  isSchema,
  kindOf,
  listOf,
  namedOf,
  schemasOf,
  typesOf,
} from './_schema-keywords.ts'
import { type Unsaid, anyOf } from './_schema-merge.ts'

/** A schema in other words. */
export interface Rephrased {
  readonly schema: JsonObject
  /** What these words leave out. */
  readonly unsaid: readonly Unsaid[]
  /** Keywords whose words say less. */
  readonly widened: readonly string[]
}

interface RephrasingHelp {
  readonly isKnown: (keyword: string) => boolean
  readonly areExclusive: (schemas: readonly Schema[]) => boolean
}

/** Says with keywords of `dialect` what `schema` says with others, as far as that is possible. */
export function rephrase(
  schema: JsonObject,
  dialect: SchemaDialect,
  { isKnown, areExclusive }: RephrasingHelp,
): Rephrased {
  const said = new Map(Object.entries(schema))
  const isUnion = !isKnown('oneOf') && !said.has('anyOf') && said.has('oneOf')
  const oneOf = schemasOf(isUnion ? said.get('oneOf') : undefined)
  if (isUnion && said.delete('oneOf')) said.set('anyOf', oneOf)
  const unsaid = [...respell(said, dialect, isKnown)]
  if (dialect.wantsNames) nameRequired(said)
  if (dialect.keywords) unsaid.push(...typeValues(said, dialect))
  const widened = areExclusive(oneOf) ? [] : ['oneOf']
  return { schema: fromEntries(said), unsaid, widened }
}

/** Replaces keywords that the dialect does not know; what is left of them, it leaves out itself. */
function respell(
  said: Map<string, Json>,
  { keywords }: SchemaDialect,
  isKnown: (keyword: string) => boolean,
): readonly Unsaid[] {
  if (keywords) closeItems(said)
  const unknown = new Map([...said].filter(([name]) => !isKnown(name)))
  const constant = unknown.get('const')
  if (constant !== undefined && said.delete('const')) said.set('enum', [constant])
  const tuple = unknown.get('prefixItems')
  if (tuple !== undefined) said.set('items', spread(tuple, said.get('items')))
  const others = said.get('additionalProperties')
  // It would refuse what the patterns take.
  const isOpened = unknown.has('patternProperties') && said.delete('additionalProperties')
  return isOpened ? [['additionalProperties', others ?? true]] : []
}

/** No more items than a tuple has are fewer than so many. */
function closeItems(said: Map<string, Json>): void {
  if (said.get('items') !== false) return
  const most = said.get('maxItems')
  const { length } = listOf(said.get('prefixItems'))
  said.delete('items')
  said.set('maxItems', typeof most === 'number' ? Math.min(most, length) : length)
}

/** Every item is one of those of the tuple or one of the rest. */
function spread(tuple: Json, items: Json | undefined): Schema {
  const rest = isSchema(items) ? items : true
  return isOpen(rest) ? {} : anyOf([...schemasOf(tuple), rest])
}

/** Some refuse a required name without a property. */
function nameRequired(said: Map<string, Json>): void {
  const properties = namedOf(said.get('properties'))
  const missing = listOf(said.get('required'))
    .map(String)
    .filter((name) => !properties.has(name))
  const others = said.get('additionalProperties') ?? true
  if (missing.length > 0)
    said.set(
      'properties',
      fromEntries([...properties, ...missing.map((name) => [name, others] as const)]),
    )
}

/** Gives values their type, and where the dialect takes none of these values, only that. */
function typeValues(said: Map<string, Json>, { accepts }: SchemaDialect): readonly Unsaid[] {
  const name = said.has('const') ? 'const' : 'enum'
  const value = said.get(name)
  if (value === undefined) return []
  const types = typesOf(name === 'const' ? [value] : listOf(value))
  const isTyped = said.has('type')
  if (!isTyped && types.length > 0) said.set('type', oneOrMany(types))
  if (accepts?.[name]?.(value) !== false) return []
  said.delete(name)
  // The type of null says it all.
  return types.join() === 'null' && !isTyped ? [] : [[name, value]]
}

function oneOrMany(values: readonly Json[]): Json {
  const [first = null, ...more] = values
  return more.length > 0 ? values : first
}

/**
 * `schema` with alternatives, where the dialect wants its types, or null among its values, one by one; or
 * where it takes nothing beside the alternatives that it has.
 */
export function asAlternatives(schema: JsonObject, dialect: SchemaDialect): Schema | undefined {
  const all = Object.entries(schema)
  const bare = fromEntries(all.filter(([name]) => kindOf(name)))
  const parts = byType(bare, dialect) ?? byNull(bare, dialect)
  const union = parts ? anyOf(parts) : byAlternative(bare, dialect)
  return isObject(union)
    ? { ...union, ...fromEntries(all.filter(([name]) => !kindOf(name))) }
    : union
}

function byType(schema: JsonObject, { typeLists }: SchemaDialect): readonly Schema[] | undefined {
  const { type } = schema
  return typeLists === false && Array.isArray(type)
    ? type.map((each: Json) => (each === 'null' ? { type: each } : { ...schema, type: each }))
    : undefined
}

/** Null has its own place where a list of values may not hold it. */
function byNull(schema: JsonObject, { accepts }: SchemaDialect): readonly Schema[] | undefined {
  const isAccepted = accepts?.['enum']
  const values = listOf(schema['enum'])
  const rest = values.filter((value) => value !== null)
  if (!isAccepted?.(rest) || isAccepted(values) || rest.length === 0) return undefined
  const types = listOf(schema['type'])
  const others = types.filter((type) => type !== 'null')
  const typed = others.length > 0 ? { type: oneOrMany(others) } : {}
  return [
    ...(others.length > 0 || types.length === 0 ? [{ ...schema, ...typed, enum: rest }] : []),
    ...(others.length < types.length || types.length === 0 ? [{ type: 'null' }] : []),
  ]
}

function byAlternative(schema: JsonObject, { loneAnyOf }: SchemaDialect): Schema | undefined {
  const { anyOf: alternatives, ...base } = schema
  if (!loneAnyOf || alternatives === undefined || constraints(base).length === 0) return undefined
  const possible = schemasOf(alternatives).filter((part) => part !== false)
  return possible.length > 0 && { anyOf: possible.map((part) => ({ allOf: [part, base] })) }
}
