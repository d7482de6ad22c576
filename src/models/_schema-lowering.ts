import {
  type Json,
  type JsonObject,
  ToolwireError,
  isObject,
  isToolwireError,
} from '../base/index.ts'
import type { SchemaLoss } from '../ports/index.ts'
import { fields, isText } from './_json.ts'
import type { SchemaDialect } from './_schema-dialects.ts'
import { SchemaFacts } from './_schema-facts.ts'
import {
  type Schema,
  constraints,
  fromEntries,
  isOpen,
  isSchema,
  isVacuous,
  kindOf,
  listOf,
  namedOf,
  schemasOf,
  shortJson,
} from './_schema-keywords.ts'
import { type Merged, type Unsaid, flatten, objectForm } from './_schema-merge.ts'
import { type ReadSchema, definitionPrefix, pointer, readSchema } from './_schema-reader.ts'
import { asAlternatives, rephrase } from './_schema-rephrasing.ts'

/** The schema of a tool as one dialect can say it. */
export interface LoweredSchema {
  readonly schema: JsonObject
  /** In what the model may now write more. */
  readonly losses: readonly SchemaLoss[]
  /** Why the tool cannot be offered. */
  readonly leftOut?: string
}

/** References that are written out can make a small schema huge. */
const maxSteps = 10_000
const maxDepth = 100
const maxChars = 262_144
/** Longer words about what could not be said are left unsaid too. */
const maxNoteChars = 500
/** Rounds through what contains itself, for a dialect that ends it. */
const maxRounds = 3

/** Keywords that refuse more when a schema in them or beside them is wider. */
const delicate =
  /^(not|if|then|else|oneOf|contains|(max|min)Contains|unevaluated(Items|Properties))$/

/**
 * Says `schema` in `dialect`. What the dialect cannot say makes the result wider, never narrower, and is told
 * in descriptions where it is short; a schema that cannot be said at all is left out, with the reason.
 * The schema may be a stranger's and is not changed.
 */
export function lowerSchema(schema: unknown, dialect: SchemaDialect): LoweredSchema {
  try {
    if (!isObject(schema)) throw refused('its schema is no object')
    // That it is JSON is the first thing that is looked at.
    return new SchemaLowering(readSchema(schema as JsonObject), dialect).lower()
  } catch (error) {
    if (!isToolwireError(error)) throw error
    return { schema: {}, losses: [], leftOut: error.message }
  }
}

function refused(reason: string): ToolwireError {
  return new ToolwireError('INVALID_SCHEMA', reason)
}

/** One schema while it is written. */
interface Draft {
  /** Where it stands in the tool's schema, as a JSON Pointer. */
  readonly path: string
  /** As the tool has it. */
  readonly original: JsonObject
  /** In words of the dialect, as far as there are such. */
  readonly said: JsonObject
  readonly out: Map<string, Json>
  /** Constraints that are left for the description. */
  readonly unsaid: Unsaid[]
  /** What else is worth a word. */
  readonly notes: Unsaid[]
  /** Properties that are not required here. */
  readonly loosened: Json[]
}

class SchemaLowering {
  readonly #read: ReadSchema
  readonly #dialect: SchemaDialect
  readonly #facts: SchemaFacts
  readonly #losses: SchemaLoss[]
  /** References that were written. */
  readonly #references = new Set<string>()
  /** References to what contains itself that were replaced above. */
  #above: readonly string[] = []
  #inDefinition = false
  /** Whether a reference was written that no property is around. */
  #isBare = false
  #depth = 0
  #steps = 0

  constructor(read: ReadSchema, dialect: SchemaDialect) {
    this.#read = read
    this.#dialect = dialect
    this.#facts = new SchemaFacts((name) => read.definitions.get(name)?.schema)
    this.#losses = [...read.losses]
  }

  /** @throws {@link ToolwireError} with the reason for which the schema is left out. */
  lower(): LoweredSchema {
    const root = this.#writeRoot()
    const definitions = this.#writeDefinitions()
    const schema = definitions.length > 0 ? { ...root, $defs: fromEntries(definitions) } : root
    if (shortJson(schema, maxChars) === undefined) throw this.#tooLarge()
    const losses = new Map(this.#losses.map((loss) => [JSON.stringify(loss), loss]))
    return { schema, losses: [...losses.values()] }
  }

  #writeRoot(): JsonObject {
    const { root } = this.#read
    const { name, propertyNames } = this.#dialect
    const types = listOf(fields(root)['type'])
    const { schema, unsaid } = objectForm(root, (reference) => {
      this.#spend()
      return this.#target(reference)
    })
    if (schema === false && types.length > 0 && !types.includes('object'))
      throw refused(`its schema is not of type object, but ${JSON.stringify(types)}`)
    if (schema === false) throw refused('no object satisfies its schema')
    const form = { type: 'object', ...fields(schema) }
    for (const property of namedOf(fields(form)['properties']).keys())
      if (propertyNames?.test(property) === false)
        throw refused(`${name} takes no property with the name "${property.slice(0, 80)}"`)
    return this.#write({ ...form, type: 'object' }, '', unsaid)
  }

  #writeDefinitions(): readonly (readonly [string, Json])[] {
    const written: (readonly [string, Json])[] = []
    this.#inDefinition = true
    // A Set goes on with what is added to it meanwhile.
    for (const reference of this.#references) {
      const name = reference.slice(definitionPrefix.length)
      written.push([name, this.#lower(this.#target(reference), this.#pathOf(reference))])
    }
    return written
  }

  #target(reference: string): Schema {
    return this.#facts.target(reference)
  }

  #pathOf(reference: string): string {
    return this.#read.definitions.get(reference.slice(definitionPrefix.length))?.path ?? ''
  }

  #spend(): void {
    if (++this.#steps > maxSteps) throw this.#tooLarge()
  }

  #tooLarge(): ToolwireError {
    const { name } = this.#dialect
    return refused(`its schema is too large for ${name}, with its references written out`)
  }

  #lower(schema: Schema, path: string): JsonObject {
    this.#spend()
    if (++this.#depth > maxDepth) throw refused(`its schema is nested deeper than ${maxDepth}`)
    const above = this.#above
    const { schema: flat, unsaid } = this.#flatten(schema)
    const { $ref, ...aside } = fields(schema)
    const isAlias = typeof $ref === 'string' && Object.keys(aside).length === 0
    const written = this.#write(flat, isAlias ? this.#pathOf($ref) : path, unsaid)
    this.#above = above
    this.#depth--
    return written
  }

  /** Takes in what references lead to where they are not kept, and what applies beside. */
  #flatten(schema: Schema): Merged {
    if (this.#dialect.references === 'all') return { schema, unsaid: [] }
    const merged = flatten(schema, (reference) => this.#follow(reference))
    const flat = fields(merged.schema)
    const { $ref: kept } = flat
    const isAlone = constraints(flat).length === 1
    if (typeof kept !== 'string' || isAlone || this.#above.includes(kept)) return merged
    // Nothing may stand beside a reference that is kept, so that this one is not.
    this.#above = [...this.#above, kept]
    const again = flatten(flat, (reference) =>
      reference === kept ? this.#target(kept) : this.#follow(reference),
    )
    return { schema: again.schema, unsaid: [...merged.unsaid, ...again.unsaid] }
  }

  #follow(reference: string): Schema | undefined {
    this.#spend()
    const { references, name } = this.#dialect
    if (!this.#read.recursive.has(reference)) return this.#target(reference)
    if (references === 'none') {
      const path = this.#pathOf(reference) || '/'
      throw refused(`${name} takes no schema that contains itself, as "${path}" does`)
    }
    const isEnd = this.#above.includes(reference) || this.#above.length >= maxRounds
    if (references !== 'widened' || isEnd) return undefined
    this.#above = [...this.#above, reference]
    return this.#target(reference)
  }

  #write(schema: Schema, path: string, unsaid: readonly Unsaid[]): JsonObject {
    if (schema === true) return {}
    const first = schema && (asAlternatives(schema, this.#dialect) ?? schema)
    const words =
      isObject(first) &&
      rephrase(first, this.#dialect, {
        isKnown: (keyword) => this.#accepts(keyword),
        areExclusive: (schemas) => this.#facts.areExclusive(schemas),
      })
    const said = words && (asAlternatives(words.schema, this.#dialect) ?? words.schema)
    if (!schema || !words || !isObject(said)) return this.#writeNever(path)
    for (const keyword of words.widened) this.#lose(path, keyword, 'widened')
    const rest = [...unsaid, ...words.unsaid]
    return this.#finish({
      path,
      original: schema,
      said,
      out: new Map(),
      unsaid: rest,
      notes: [],
      loosened: [],
    })
  }

  #writeNever(path: string): JsonObject {
    if (this.#accepts('not')) return { not: {} }
    this.#lose(path, 'not', 'dropped')
    return {}
  }

  /** Whether the dialect takes `keyword`, and it is safe to say. */
  #accepts(keyword: string): boolean {
    const { keywords, wantsItems } = this.#dialect
    // To `unevaluatedItems` of a schema around it, items that are added are evaluated.
    const isSame = this.#read.losses.length === 0 && !(wantsItems && this.#read.countsItems)
    return keywords?.has(keyword) ?? (isSame || !delicate.test(keyword))
  }

  #finish(draft: Draft): JsonObject {
    const { said, out, unsaid } = draft
    const isReference = '$ref' in said && this.#accepts('$ref')
    // Nothing may stand beside a reference, but where anything may.
    const isLone = isReference && this.#dialect.references !== 'all'
    for (const [name, value] of Object.entries(said))
      if (!isLone || name === '$ref') this.#say(name, value, draft)
      else if (kindOf(name)) unsaid.push([name, value])
    this.#suit(draft)
    const words = this.#wordsFor(draft, isLone)
    const description = joined(out.get('description'), words)
    if (description && !isLone) out.set('description', description)
    const written = fromEntries(out)
    return this.#dialect.finish?.(written) ?? written
  }

  /** Changes what the dialect wants otherwise. */
  #suit({ out, unsaid, loosened }: Draft): void {
    const isArray = listOf(out.get('type')).includes('array') && !out.has('items')
    if (this.#dialect.wantsItems && isArray) out.set('items', {})
    if (loosened.length === 0) return
    const required = listOf(out.get('required'))
    out.set(
      'required',
      required.filter((name) => !loosened.includes(name)),
    )
    unsaid.push(['required', loosened])
  }

  #say(name: string, value: Json, draft: Draft): void {
    if (!kindOf(name)) return this.#annotate(name, value, draft)
    const { out, unsaid } = draft
    const isAccepted = this.#dialect.accepts?.[name]?.(value) ?? true
    if (name === '$ref' && !this.#accepts(name)) this.#end(value, draft)
    else if (this.#accepts(name) && isAccepted) {
      const written = this.#valueOf(name, value, draft)
      if (written !== undefined) out.set(name, written)
    } else if (!isVacuous(name, value)) unsaid.push([name, value])
  }

  #annotate(name: string, value: Json, { out, notes }: Draft): void {
    if (name === 'description' && !isText(value)) return
    if (this.#dialect.keywords?.has(name) ?? true) out.set(name, value)
    else if (name === 'default' || name === 'examples') notes.push([name, value])
  }

  #valueOf(name: string, value: Json, draft: Draft): Json | undefined {
    if (name === '$ref') return this.#refer(value)
    if (name === 'properties') return this.#properties(value, draft)
    if (name === 'anyOf') return this.#alternatives(value, draft)
    const path = placeOf(name, draft)
    switch (kindOf(name)) {
      case 'schema':
        return isSchema(value) && !isPlain(name, value, this.#dialect)
          ? this.#lower(value, path)
          : value
      case 'schemas':
        return schemasOf(value).map((part, at) => this.#lower(part, `${path}/${at}`))
      case 'named':
        return fromEntries(
          [...namedOf(value)].map(([key, part]) => [key, this.#lower(part, pointer(path, key))]),
        )
      default:
        return value
    }
  }

  #refer(reference: Json): Json {
    if (typeof reference === 'string') this.#references.add(reference)
    this.#isBare = true
    return reference
  }

  /** Ends what contains itself, for a dialect without references. */
  #end(reference: Json, { out, path }: Draft): void {
    const { type } = fields(typeof reference === 'string' ? this.#target(reference) : true)
    if (type !== undefined && !out.has('type')) out.set('type', type)
    this.#lose(path, '$ref', 'widened')
  }

  #properties(value: Json, draft: Draft): Json {
    const path = placeOf('properties', draft)
    const required = listOf(draft.said['required'])
    const isLoose = this.#dialect.references === 'optional' && this.#inDefinition
    const around = this.#isBare
    const written = [...namedOf(value)].map(([key, part]) => {
      this.#isBare = false
      const lowered = this.#lower(part, pointer(path, key))
      if (this.#isBare && isLoose && required.includes(key)) draft.loosened.push(key)
      return [key, lowered] as const
    })
    this.#isBare = around
    return fromEntries(written)
  }

  #alternatives(value: Json, draft: Draft): Json | undefined {
    const possible = schemasOf(value).filter((part) => part !== false)
    if (possible.length === 0) return [this.#writeNever(draft.path)]
    if (this.#dialect.keywords && possible.some(isOpen)) return this.#suggest(possible, draft)
    const path = placeOf('anyOf', draft)
    return possible.map((part, at) =>
      this.#lower(part, path === draft.path ? path : `${path}/${at}`),
    )
  }

  /** Alternatives of which one refuses nothing are only for the reader. */
  #suggest(parts: readonly Schema[], { out, notes }: Draft): undefined {
    for (const part of parts.filter((each) => !isOpen(each))) {
      const { description, ...rest } = fields(part)
      if (description !== undefined && !out.has('description')) out.set('description', description)
      notes.push(['may be', rest])
    }
  }

  /** What is told of what could not be said. */
  #wordsFor({ path, unsaid, notes }: Draft, isMute: boolean): readonly string[] {
    const words = [...unsaid, ...notes].map(([name, value]) => {
      const text = isMute || value === false ? undefined : shortJson(value, maxNoteChars)
      return text === undefined ? undefined : `${name}: ${text}`
    })
    unsaid.forEach(([name], at) =>
      this.#lose(path, name, words[at] === undefined ? 'dropped' : 'described'),
    )
    return words.filter((word) => word !== undefined)
  }

  #lose(path: string, keyword: string, how: SchemaLoss['how']): void {
    this.#losses.push({ path, keyword, how })
  }
}

/** Whether a schema is a boolean where the dialect takes one. */
function isPlain(name: string, value: Json, { keywords }: SchemaDialect): boolean {
  return typeof value === 'boolean' && (!keywords || name === 'additionalProperties')
}

/** Where a keyword stands in the tool's schema; one of other words stands where these do. */
function placeOf(name: string, { path, original }: Draft): string {
  if (name in original) return pointer(path, name)
  return name === 'anyOf' && 'oneOf' in original ? pointer(path, 'oneOf') : path
}

function joined(own: Json | undefined, words: readonly string[]): string {
  const more = words.join('; ')
  if (!isText(own)) return more
  return more ? `${own} (${more})` : own
}
