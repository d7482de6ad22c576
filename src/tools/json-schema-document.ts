import { isObject } from '../base/index.ts'
import { type Draft, type Schema, checkKeywords } from './foreign-schema.ts'
import { holdsData, subschemas } from './schema-keywords.ts'
import { pointerSegment, schemaProblem } from './schema-problem.ts'

/** A schema with all that is in it, each reference with what it leads to. */
export interface SchemaDocument {
  readonly root: unknown
  /** All schemas, with their paths. */
  readonly schemas: ReadonlyMap<Schema, string>
  /** What the `$ref` of each schema leads to: a schema, `true` or `false`. */
  readonly targets: ReadonlyMap<Schema, unknown>
}

/** A document whose dynamic references are not bound yet: each is a `$ref` to where it leads at first. */
export interface UnboundDocument extends SchemaDocument {
  /** The names of the anchors that those schemas look for whose `$ref` was a dynamic reference. */
  readonly dynamic: ReadonlyMap<Schema, string>
  /** The URI of the resource in which each schema stands. */
  readonly resources: ReadonlyMap<Schema, string>
  /** The dynamic anchors of each resource, by their names. */
  readonly anchors: ReadonlyMap<string, ReadonlyMap<string, Schema>>
}

/**
 * Finds all schemas in `root` and what their references lead to. Nothing is fetched, and each schema is
 * looked at once. Dynamic references are moved within `root`, which is therefore yours.
 * @throws {@link ToolwireError} `INVALID_SCHEMA` for a keyword that is not legal, a name that is there
 * twice, and a reference that leads nowhere
 */
export function readDocument(root: unknown, draft: Draft): UnboundDocument {
  return new DocumentReader(root, draft)
}

/** The base of a document that has no name, to which no reference from outside can lead. */
const nameless = 'https://schema.invalid/'

/** Bases are written out for every reference that is relative to them. */
const maxUri = 2_000

/** A dynamic reference as a schema of its own, and the schema in which it stands. */
interface Statement {
  readonly schema: Schema
  readonly keyword: string
  readonly statement: Schema
}

class DocumentReader implements UnboundDocument {
  readonly root: unknown
  readonly schemas = new Map<Schema, string>()
  readonly targets = new Map<Schema, unknown>()
  readonly dynamic = new Map<Schema, string>()
  readonly resources = new Map<Schema, string>()
  readonly anchors = new Map<string, Map<string, Schema>>()
  readonly #draft: Draft
  /** Schemas by URI and fragment. */
  readonly #named = new Map<string, Schema>()

  constructor(root: unknown, draft: Draft) {
    this.root = root
    this.#draft = draft
    this.#add(root, '', nameless)
    const statements: Statement[] = []
    // A Map goes on with what is added to it meanwhile: that to which only references lead.
    for (const [schema, path] of this.schemas)
      for (const keyword of ['$ref', '$dynamicRef', '$recursiveRef'])
        if (keyword in schema) statements.push(...this.#follow(schema, keyword, path))
    // When all references are known, because they may count the members of a list.
    for (const one of statements) this.#state(one)
  }

  #add(schema: unknown, path: string, outer: string): void {
    if (!isObject(schema) || this.schemas.has(schema)) return
    checkKeywords(schema, path, this.#draft)
    this.schemas.set(schema, path)
    const resource = this.#enter(schema, path, outer)
    this.resources.set(schema, resource)
    const { $anchor, $dynamicAnchor, $recursiveAnchor } = schema
    if (typeof $anchor === 'string') this.#name(resource, $anchor, schema)
    if (typeof $dynamicAnchor === 'string') {
      this.#name(resource, $dynamicAnchor, schema)
      this.#nameDynamically(resource, $dynamicAnchor, schema)
    }
    // At any other place than the root of a resource this one means nothing.
    if ($recursiveAnchor === true && this.#named.get(`${resource}#`) === schema)
      this.#nameDynamically(resource, '', schema)
    for (const { keys, schema: inner } of subschemas(schema))
      this.#add(inner, path + keys.map(pointerSegment).join(''), resource)
  }

  /** The resource in which `schema` stands: `outer`, or that which it begins. */
  #enter(schema: Schema, path: string, outer: string): string {
    const { $id, $ref } = schema
    // Up to draft 7, a reference makes everything beside it mean nothing.
    const isIgnored = this.#draft === '7' && $ref !== undefined
    const id = typeof $id === 'string' && !isIgnored ? $id : ''
    const [uri, fragment] = split(id, outer, `${path}/$id`)
    if (id || path === '') this.#name(uri, fragment, schema)
    // Up to draft 7, an `$id` with a fragment is an anchor.
    return fragment ? outer : uri
  }

  #name(resource: string, fragment: string, schema: Schema): void {
    const key = `${resource}#${fragment}`
    const path = this.schemas.get(schema) ?? ''
    if ((this.#named.get(key) ?? schema) !== schema)
      throw schemaProblem(
        path,
        `another schema has its name ${quote(key.replace(nameless, ''))}`,
        'Rename one.',
      )
    this.#named.set(key, schema)
  }

  #nameDynamically(resource: string, name: string, schema: Schema): void {
    const names = this.anchors.get(resource) ?? new Map<string, Schema>()
    this.anchors.set(resource, names.set(name, schema))
  }

  /** Finds what a reference leads to; a dynamic one becomes a schema of its own, beside which a `$ref` may be. */
  #follow(schema: Schema, keyword: string, path: string): Statement[] {
    const { target, name } = this.#target(schema, keyword, path)
    if (keyword === '$ref') {
      this.targets.set(schema, target)
      return []
    }
    const statement = { $ref: schema[keyword] }
    this.targets.set(statement, target)
    if (name !== undefined) this.dynamic.set(statement, name)
    return [{ schema, keyword, statement }]
  }

  #state({ schema, keyword, statement }: Statement): void {
    const path = this.schemas.get(schema) ?? ''
    const resource = this.resources.get(schema) ?? nameless
    schema['allOf'] = [...((schema['allOf'] ?? []) as unknown[]), statement]
    delete schema[keyword]
    this.schemas.set(statement, `${path}/${keyword}`)
    this.resources.set(statement, resource)
  }

  /** What a reference leads to; `name` where that is a dynamic anchor which it names. */
  #target(
    schema: Schema,
    keyword: string,
    path: string,
  ): { readonly target: unknown; readonly name?: string } {
    const reference = String(schema[keyword])
    const at = `${path}/${keyword}`
    const [uri, fragment] = split(reference, this.resources.get(schema) ?? nameless, at)
    const isPointer = fragment.startsWith('/')
    const start = this.#named.get(`${uri}#${isPointer ? '' : fragment}`)
    const [target, resource] = isPointer ? this.#walk(start, fragment, uri) : [start, uri]
    if (!isObject(target) && typeof target !== 'boolean')
      throw schemaProblem(
        at,
        `${quote(reference)} leads nowhere`,
        'Put it into $defs, or its document into the `schemas` of jsonSchema.',
      )
    this.#add(target, `${at}:${reference}`, resource)
    const isDynamic = this.anchors.get(uri)?.get(fragment) === target
    return isDynamic ? { target, name: fragment } : { target }
  }

  /** What a JSON Pointer leads to, and the resource in which that stands. */
  #walk(start: unknown, pointer: string, uri: string): [target: unknown, resource: string] {
    let node = start
    let resource = uri
    for (const segment of pointer.split('/').slice(1)) {
      const key = segment.replaceAll('~1', '/').replaceAll('~0', '~')
      const holder = Object(node) as Schema
      const isData = this.schemas.has(holder) && holdsData(key)
      node = Object.hasOwn(holder, key) && !isData ? holder[key] : undefined
      resource = (isObject(node) && this.resources.get(node)) || resource
    }
    return [node, resource]
  }
}

/** The URI without its fragment, and the fragment as it is meant. */
function split(reference: string, base: string, path: string): [uri: string, fragment: string] {
  const end = (reference + '#').indexOf('#')
  const own = reference.slice(0, end)
  try {
    const uri = own ? new URL(own, base).href : base
    if (uri.length > maxUri) throw new RangeError('too long')
    return [uri, decodeURIComponent(reference.slice(end + 1))]
  } catch {
    throw schemaProblem(
      path,
      `${quote(reference)} is no URI`,
      `Write it as RFC 3986 has it, in at most ${maxUri} characters.`,
    )
  }
}

function quote(name: string): string {
  return `"${name.slice(0, 200)}"`
}
