import { type Json, type JsonObject, canonicalJson, isObject } from '../base/index.ts'
import {
  type Schema,
  fromEntries,
  isOpen,
  isSchema,
  kindOf,
  listOf,
  namedOf,
  schemasOf,
  shortJson,
} from './_schema-keywords.ts'

/** A keyword that one schema cannot hold beside the others. */
export type Unsaid = readonly [keyword: string, value: Json]

/** One schema for what satisfies several, and what it could not take in: without that, it is wider. */
export interface Merged {
  readonly schema: Schema
  readonly unsaid: readonly Unsaid[]
}

/** What a reference is replaced by; `undefined` where it stays. */
export type Follow = (reference: string) => Schema | undefined

/** Characters up to which schemas are compared. */
const maxCompared = 4000

/** Properties times alternatives: with more, nothing is said of any. */
const maxMembers = 50_000

/** Nobody writes references that lead to references further than this. */
const maxChain = 64

/** `schema` without `allOf`, and without the references that `follow` replaces. */
export function flatten(schema: Schema, follow: Follow, open: readonly string[] = []): Merged {
  if (typeof schema === 'boolean') return { schema, unsaid: [] }
  const { $ref, allOf, ...own } = schema
  const reference = typeof $ref === 'string' ? $ref : ''
  // A reference that comes back to the same value adds nothing.
  const isKnown = open.includes(reference) || reference === ''
  const target = isKnown || open.length > maxChain ? undefined : follow(reference)
  const others = [...(target === undefined ? [] : [target]), ...schemasOf(allOf)]
  let merged: Merged = {
    schema: isKnown || target !== undefined ? own : { ...own, $ref: reference },
    unsaid: [],
  }
  for (const other of others) {
    const flat = flatten(other, follow, [...open, reference])
    const { schema: joined, unsaid } = intersect(merged.schema, flat.schema)
    merged = { schema: joined, unsaid: [...merged.unsaid, ...flat.unsaid, ...unsaid] }
  }
  return merged
}

/** Keywords that mean something only together. */
const groups: readonly RegExp[] = [
  /^(properties|patternProperties|additionalProperties)$/,
  /^(prefixItems|items)$/,
  /^(contains|minContains|maxContains)$/,
  /^(if|then|else)$/,
]

/** What satisfies both. */
function intersect(a: Schema, b: Schema): Merged {
  if (a === false || b === false) return { schema: false, unsaid: [] }
  if (a === true || b === true) return { schema: a === true ? b : a, unsaid: [] }
  const all = new Map(Object.entries(a))
  const left = new Map(Object.entries(b))
  const unsaid = groups.flatMap((group) => joinGroup(all, left, group))
  for (const [name, value] of left) {
    const mine = all.get(name)
    const joined = mine === undefined ? value : joinKeyword(name, mine, value)
    if (joined === nothing) return { schema: false, unsaid: [] }
    // What is evaluated depends on what stands beside.
    if (joined === undefined || name.startsWith('unevaluated')) unsaid.push([name, value])
    else all.set(name, joined)
  }
  return { schema: fromEntries(all), unsaid }
}

type Keywords = Map<string, Json>

/** Moves a group from `left` into `all`, as far as both have one; what cannot be joined is returned. */
function joinGroup(all: Keywords, left: Keywords, group: RegExp): readonly Unsaid[] {
  const mine = [...all.keys()].filter((name) => group.test(name))
  const theirs = [...left].filter(([name]) => group.test(name))
  if (mine.length === 0 || theirs.length === 0) return []
  const members = joinMembers(fromEntries(all), fromEntries(left), group)
  for (const [name] of theirs) left.delete(name)
  for (const name of members ? mine : []) all.delete(name)
  for (const [name, value] of members ?? []) all.set(name, value)
  return members ? [] : theirs
}

/** A member satisfies what either says of it, by its name or as one of the others. */
function joinMembers(a: JsonObject, b: JsonObject, group: RegExp): readonly Unsaid[] | undefined {
  const isObjects = group.test('properties')
  const isPlain = !['patternProperties', 'prefixItems'].some((name) => name in a || name in b)
  if (!isPlain || !(isObjects || group.test('items'))) return undefined
  const others = isObjects ? 'additionalProperties' : 'items'
  const rest = both(a[others], b[others])
  const [inA, inB] = [namedOf(a['properties']), namedOf(b['properties'])]
  const names = isObjects ? new Set([...inA.keys(), ...inB.keys()]) : []
  const members = [...names].map(
    (name) => [name, both(inA.get(name) ?? a[others], inB.get(name) ?? b[others]) ?? true] as const,
  )
  const possible = members.filter(([, member]) => member !== false || rest !== false)
  return [
    ...(possible.length > 0 ? [['properties', fromEntries(possible)] as const] : []),
    ...(rest === undefined ? [] : [[others, rest] as const]),
  ]
}

/** The schema for two; what they have in common is found when it is looked at. */
function both(a: Json | undefined, b: Json | undefined): Schema | undefined {
  const all = [a, b].filter(isSchema)
  if (all.includes(false)) return false
  const closed = all.filter((schema) => schema !== true)
  return closed.length > 1 ? { allOf: closed } : (closed[0] ?? all[0])
}

const nothing = Symbol('nothing')

/** One keyword for two; `undefined` where there is none, and `nothing` where nothing satisfies both. */
function joinKeyword(name: string, a: Json, b: Json): Json | typeof nothing | undefined {
  if (!kindOf(name) || isSame(a, b)) return a
  if (typeof a === 'number' && typeof b === 'number') return joinBound(name, a, b)
  switch (name) {
    case 'uniqueItems':
      return true
    case 'const':
      return canonicalJson(a) === canonicalJson(b) ? a : nothing
    case 'required':
      return [...new Set([...listOf(a), ...listOf(b)])]
    case 'type':
      return someOr(commonTypes(listOf(a), listOf(b)))
    case 'enum':
      return someOr(commonValues(listOf(a), listOf(b)))
    case 'propertyNames':
      return both(a, b)
    default:
      return undefined
  }
}

function joinBound(name: string, a: number, b: number): Json | typeof nothing | undefined {
  if (name === 'const') return nothing
  if (name !== 'multipleOf') return /^(exclusiveM|m)in/.test(name) ? Math.max(a, b) : Math.min(a, b)
  if (a % b === 0) return a
  return b % a === 0 ? b : undefined
}

function someOr(values: readonly Json[]): readonly Json[] | typeof nothing {
  return values.length > 0 ? values : nothing
}

function commonTypes(a: readonly Json[], b: readonly Json[]): readonly Json[] {
  const isIn = (type: Json, types: readonly Json[]): boolean =>
    types.includes(type) || (type === 'integer' && types.includes('number'))
  return [
    ...a.filter((type) => isIn(type, b)),
    ...b.filter((type) => !a.includes(type) && isIn(type, a)),
  ]
}

function commonValues(a: readonly Json[], b: readonly Json[]): readonly Json[] {
  const inB = new Set(b.map((value) => canonicalJson(value)))
  return a.filter((value) => inB.has(canonicalJson(value)))
}

/** Whether two values are written alike; long ones count as different. */
function isSame(a: Json, b: Json): boolean {
  const text = shortJson(a, maxCompared)
  return text !== undefined && text === shortJson(b, maxCompared)
}

/** What satisfies some of `schemas`. */
export function anyOf(schemas: readonly Schema[]): Schema {
  const possible = schemas.filter((schema) => schema !== false)
  // What is too long to compare is taken for different.
  const distinct = new Map(possible.map((each, at) => [shortJson(each, maxCompared) ?? at, each]))
  const [first = false, ...more] = distinct.values()
  return more.length > 0 ? { anyOf: [first, ...more] } : first
}

/** Alternatives within alternatives of a root; what is deeper counts as anything. */
const maxUnions = 8

/** What no provider takes at the root, beside what {@link flatten} takes away. */
const noRoot = /^(\$ref|enum|const|not)$/
const unions = /^(any|one)Of$/

/** An object schema without alternatives that takes every object that `schema` takes. */
export function objectForm(schema: Schema, follow: Follow, depth = 0): Merged {
  const { schema: flat, unsaid: rest } = flatten(schema, follow)
  if (!isObjectForm(flat)) return { schema: false, unsaid: [] }
  if (flat === true || depth > maxUnions) return { schema: true, unsaid: [['allOf', [schema]]] }
  const own = Object.entries(flat)
  const unsaid: Unsaid[] = [...rest, ...own.filter(([name]) => noRoot.test(name))].filter(
    ([name]) => !unions.test(name),
  )
  let form: Schema = fromEntries(own.filter(([name]) => !noRoot.test(name) && !unions.test(name)))
  for (const [name, value] of [...own, ...rest].filter(([each]) => unions.test(each))) {
    const forms = schemasOf(value).map((part) => objectForm(part, follow, depth + 1))
    const possible = forms.filter((each) => each.schema !== false)
    const met = intersect(form, hull(possible.map((each) => each.schema)))
    form = met.schema
    const isWhole = possible.length === 1 && possible[0]?.unsaid.length === 0
    if (!isWhole || met.unsaid.length > 0) unsaid.push([name, value])
  }
  return unsaid.length > 0 ? withoutUnevaluated(form, unsaid) : { schema: form, unsaid }
}

/** What is evaluated is not known where something could not be said. */
function withoutUnevaluated(form: Schema, unsaid: readonly Unsaid[]): Merged {
  if (!isObject(form)) return { schema: form, unsaid }
  const isLost = ([name]: Unsaid): boolean => name.startsWith('unevaluated')
  const all = Object.entries(form)
  return {
    schema: fromEntries(all.filter((each) => !isLost(each))),
    unsaid: [...unsaid, ...all.filter(isLost)],
  }
}

function isObjectForm(schema: Schema): schema is true | JsonObject {
  const types = isObject(schema) ? listOf(schema['type']) : []
  return schema !== false && (types.length === 0 || types.includes('object'))
}

/** A schema that takes what any of `forms` takes, property by property. */
function hull(forms: readonly Schema[]): Schema {
  if (forms.length < 2) return forms[0] ?? false
  const objects = forms.map((form) => (isObject(form) ? form : {}))
  const rest = objects.map((form): Schema => {
    const others = 'patternProperties' in form ? true : form['additionalProperties']
    return isSchema(others) ? others : true
  })
  const properties = objects.map((form) => namedOf(form['properties']))
  const names = new Set(properties.flatMap((named) => [...named.keys()]))
  if (names.size * objects.length > maxMembers) return true
  const members = [...names].map((name) => {
    const schemas = properties.map((named, at) => named.get(name) ?? rest[at] ?? true)
    return [name, anyOf(schemas)] as const
  })
  const [first = [], ...more] = objects.map((form) => listOf(form['required']))
  const required = first.filter((name) => more.every((others) => others.includes(name)))
  return {
    properties: fromEntries(members),
    ...(required.length > 0 && { required }),
    ...(!rest.some(isOpen) && { additionalProperties: anyOf(rest) }),
  }
}
