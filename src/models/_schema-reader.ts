import {
  type Json,
  type JsonObject,
  ToolwireError,
  canonicalJson,
  isObject,
} from '../base/index.ts'
import type { SchemaLoss } from '../ports/index.ts'
import { type Schema, fromEntries, isLegal, isSchema, kindOf } from './_schema-keywords.ts'

/** The schema of a tool, read as 2020-12 whatever its draft. */
export interface ReadSchema {
  readonly root: Schema
  /** What references lead to: all are written `#/$defs/name`. */
  readonly definitions: ReadonlyMap<string, Definition>
  /** What means nothing and was taken out. */
  readonly losses: readonly SchemaLoss[]
  /** References to what contains itself, or something that does. */
  readonly recursive: ReadonlySet<string>
  /** Whether `unevaluatedItems` is anywhere in it. */
  readonly countsItems: boolean
}

export interface Definition {
  readonly schema: Schema
  /** Where it stands in the tool's schema, as a JSON Pointer. */
  readonly path: string
}

/** A schema goes out with every request: a larger one is a mistake or an attack. */
const limits = { maxDepth: 64, maxLength: 131_072 }
const maxDefinitions = 1000

export const definitionPrefix = '#/$defs/'

/** Keywords that hold data, in which nothing is a schema. */
const dataKeywords = /^(const|default|enum|examples)$/
/** Keywords that hold schemas by name. */
const maps = /^(\$defs|definitions|dependencies|dependentSchemas|patternProperties|properties)$/
/** Keywords that only say how a schema is found or read. */
const identities =
  /^\$(schema|id|anchor|vocabulary|defs|dynamicAnchor|recursiveAnchor|comment)$|^definitions$/

/** The base of references in a document that has no URI. */
const noBase = 'schema:///'

/** Where an object of the document stands. */
interface Place {
  readonly path: string
  /** The URI that its references are relative to. */
  readonly base: string
  readonly draft: number
}

/**
 * Reads the schema of a tool. It may be a stranger's: references lead only into the document itself.
 * @throws {@link ToolwireError} for what is not JSON, too deep or too large
 */
export function readSchema(schema: JsonObject): ReadSchema {
  canonicalJson(schema, limits)
  return new SchemaReader(schema).read()
}

class SchemaReader {
  readonly #root: JsonObject
  readonly #places = new Map<object, Place>()
  /** Schemas by their absolute URI, an anchor included. */
  readonly #resources = new Map<string, JsonObject>()
  readonly #names = new Map<Schema, string>()
  readonly #paths = new Map<string, string>()
  readonly #losses: SchemaLoss[] = []

  constructor(root: JsonObject) {
    this.#root = root
    this.#resources.set(noBase, root)
    this.#locate(root, { path: '', base: noBase, draft: 2020 })
  }

  read(): ReadSchema {
    const root = this.#clean(this.#root, '')
    const definitions = new Map<string, Definition>()
    // A Map goes on with what is added to it meanwhile.
    for (const [target, name] of this.#names) {
      const path = this.#paths.get(name) ?? ''
      definitions.set(name, { schema: this.#clean(target, path), path })
    }
    const text = JSON.stringify(this.#root)
    return {
      root,
      definitions,
      losses: this.#losses,
      recursive: recursiveOf(definitions),
      countsItems: text.includes('"unevaluatedItems"'),
    }
  }

  /** `isMap`: the members have names of their own, such as a property that is called "enum". */
  #locate(value: Json, place: Place, isMap = false): void {
    if (typeof value !== 'object' || value === null) return
    const own = isObject(value) && !isMap ? this.#identify(value, place) : place
    this.#places.set(value, own)
    for (const [key, inner] of Object.entries(value))
      if (isMap || !dataKeywords.test(key))
        this.#locate(inner, { ...own, path: pointer(own.path, key) }, !isMap && maps.test(key))
  }

  #identify(schema: JsonObject, { path, base, draft: outer }: Place): Place {
    const draft = draftOf(schema['$schema']) ?? outer
    const id = schema[draft <= 4 ? 'id' : '$id']
    // Until draft-07 nothing beside a reference counts.
    const isIgnored = draft <= 7 && schema['$ref'] !== undefined
    const uri = typeof id === 'string' && !isIgnored ? absolute(id, base) : undefined
    if (uri !== undefined) this.#resources.set(uri.replace(/#$/, ''), schema)
    const own = uri?.replace(/#.*/s, '') ?? base
    const { $anchor: anchor } = schema
    if (typeof anchor === 'string') this.#resources.set(`${own}#${anchor}`, schema)
    return { path, base: own, draft }
  }

  #clean(schema: Schema, path: string): Schema {
    if (typeof schema === 'boolean') return schema
    const { draft } = this.#places.get(schema) ?? { draft: 2020 }
    const entries = modern(schema, draft).flatMap(([name, value, from]) => {
      const said = this.#cleanKeyword([name, value], schema, pointer(path, from))
      if (said === undefined) this.#losses.push({ path, keyword: from, how: 'dropped' })
      return said === undefined ? [] : [[name, said] as const]
    })
    return fromEntries(entries)
  }

  #cleanKeyword(
    [name, value]: readonly [string, Json],
    schema: JsonObject,
    path: string,
  ): Json | undefined {
    if (/^\$(ref|dynamicRef|recursiveRef)$/.test(name))
      return name === '$ref' && typeof value === 'string'
        ? this.#reference(value, schema)
        : undefined
    if (!isLegal(name, value)) return undefined
    const kind = kindOf(name)
    // Legal, so that there are schemas where they are looked for.
    if (kind === 'schema') return this.#clean(value as Schema, path)
    if (kind !== 'schemas' && kind !== 'named') return value
    const parts = Object.entries(value as Record<string, Schema>).map(
      ([key, part]) => [key, this.#clean(part, pointer(path, key))] as const,
    )
    return kind === 'named' ? fromEntries(parts) : parts.map(([, part]) => part)
  }

  /** Names what a reference leads to. */
  #reference(reference: string, from: JsonObject): string | undefined {
    const found = this.#follow(absolute(reference, this.#places.get(from)?.base ?? noBase) ?? '')
    if (!found) return undefined
    const [target, path] = found
    // Booleans are told apart by nothing but their place, and need not be.
    const known = this.#names.get(target)
    const name = known ?? this.#newName(path)
    if (known === undefined) this.#names.set(target, name)
    return definitionPrefix + name
  }

  #newName(path: string): string {
    const wanted = (path.split('/').at(-1) || 'root').replace(/[^a-zA-Z0-9_-]/g, '_')
    let name = wanted
    for (let n = 2; this.#paths.has(name); n++) name = `${wanted}_${n}`
    this.#paths.set(name, path)
    if (this.#paths.size > maxDefinitions)
      throw new ToolwireError(
        'INVALID_SCHEMA',
        `its schema refers to more than ${maxDefinitions} others`,
      )
    return name
  }

  #follow(uri: string): readonly [Schema, string] | undefined {
    const [document = '', fragment = ''] = uri.split(/#(.*)/s)
    const isPointer = fragment === '' || fragment.startsWith('/')
    const resource = this.#resources.get(isPointer ? document : uri)
    const from = resource && this.#places.get(resource)
    if (!resource || !from) return undefined
    const keys = isPointer ? fragment.split('/').slice(1).map(decoded) : []
    const value = keys.reduce<Json | undefined>(member, resource)
    return isSchema(value) ? [value, keys.reduce(pointer, from.path)] : undefined
  }
}

/** A member of its own, of an object or a list. */
function member(holder: Json | undefined, key: string): Json | undefined {
  const isOwn = typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
  // A list too has its members by name.
  return isOwn ? (holder as JsonObject)[key] : undefined
}

function decoded(segment: string): string {
  let text = segment
  try {
    text = decodeURIComponent(segment)
  } catch {
    // As it stands, then.
  }
  return text.replaceAll('~1', '/').replaceAll('~0', '~')
}

function absolute(reference: string, base: string): string | undefined {
  return URL.canParse(reference, base) ? new URL(reference, base).href : undefined
}

function draftOf(uri: Json | undefined): number | undefined {
  const [, draft, year] =
    /draft-0(\d)|draft\/(20\d\d)/.exec(typeof uri === 'string' ? uri : '') ?? []
  return draft || year ? Number(draft ?? year) : undefined
}

/** One step of a JSON Pointer. */
export function pointer(path: string, key: string): string {
  return `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Keywords that said nothing before a draft. */
const newer: readonly (readonly [draft: number, RegExp])[] = [
  [6, /^(const|contains|propertyNames)$/],
  [7, /^(if|then|else)$/],
  [2019, /^(dependent(Required|Schemas)|(max|min)Contains|unevaluated(Items|Properties))$/],
  [2020, /^prefixItems$/],
]

type Entry = readonly [name: string, value: Json, from: string]

/** The keywords of a schema of `draft`, as 2020-12 writes them. */
function modern(schema: JsonObject, draft: number): readonly Entry[] {
  const isTuple = Array.isArray(schema['items'])
  // Until draft-07 nothing beside a reference counts.
  const isReference = draft <= 7 && typeof schema['$ref'] === 'string'
  const isSaid = (name: string): boolean =>
    !identities.test(name) &&
    !(name === 'id' && draft <= 4) &&
    !(isReference && name !== '$ref' && kindOf(name)) &&
    !newer.some(([since, names]) => draft < since && names.test(name))
  return Object.entries(schema).flatMap(([name, value]): readonly Entry[] => {
    if (value === undefined || !isSaid(name)) return []
    if (name === 'items' && isTuple) return [['prefixItems', value, name]]
    if (name === 'additionalItems') return isTuple ? [['items', value, name]] : []
    if (name === 'dependencies' && draft <= 7) return dependencies(value)
    if (name.endsWith('imum')) return bound(schema, name)
    return [[name, value, name]]
  })
}

/** In draft-04 a bound has a flag that says whether it is exclusive. */
function bound(schema: JsonObject, name: string): readonly Entry[] {
  const flag = name.replace(/^m/, 'exclusiveM')
  const isFlagged = typeof schema[flag] === 'boolean'
  const value = schema[name.replace(/^exclusiveM/, 'm')] ?? null
  if (!isFlagged) return [[name, schema[name] ?? null, name]]
  return (flag === name) === schema[flag] && typeof value === 'number' ? [[name, value, name]] : []
}

function dependencies(value: Json): readonly Entry[] {
  const entries = Object.entries(isObject(value) ? value : {})
  const from = 'dependencies'
  const names = entries.filter(([, needed]) => Array.isArray(needed))
  const schemas = entries.filter(([, needed]) => !Array.isArray(needed))
  return [
    ['dependentRequired', fromEntries(names), from],
    ['dependentSchemas', fromEntries(schemas), from],
  ]
}

/** Those that lead into a cycle: what is left when all that lead to none are taken away. */
function recursiveOf(definitions: ReadonlyMap<string, Definition>): ReadonlySet<string> {
  const references = new Map(
    [...definitions].map(([name, { schema }]) => [name, referencesIn(schema)] as const),
  )
  let size = -1
  // Those found first refer to those found later.
  while (size !== references.size) {
    size = references.size
    for (const [name, others] of [...references].toReversed())
      if (!others.some((other) => references.has(other))) references.delete(name)
  }
  return new Set([...references.keys()].map((name) => definitionPrefix + name))
}

function referencesIn(schema: Schema): readonly string[] {
  const found = JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/([^"]*)"/g)
  return [...found].map(([, name = '']) => name)
}
