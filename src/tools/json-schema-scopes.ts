import { isObject } from '../base/index.ts'
import type { Schema } from './foreign-schema.ts'
import type { SchemaDocument, UnboundDocument } from './json-schema-document.ts'
import { mapSubschemas } from './schema-keywords.ts'
import { schemaProblem } from './schema-problem.ts'

/**
 * Binds the dynamic references of a document, so that it means the same with plain ones.
 *
 * A dynamic reference leads to the anchor of its name in the outermost resource on the way that evaluation
 * took (2020-12, Core 8.2.3.2; 2019-09, Core 8.2.4.2). That is known beforehand, since what decides is
 * only which resource came first for each name, and not the value: whatever can be reached in several such
 * scopes is copied for each, and in a copy a dynamic reference has one target.
 * @throws {@link ToolwireError} `INVALID_SCHEMA` where that would be too many copies
 */
export function bindDynamicReferences(document: UnboundDocument): SchemaDocument {
  const anchors = contestedAnchors(document)
  return anchors.size === 0 ? document : new ScopedDocument(document, anchors)
}

type Anchors = ReadonlyMap<string, ReadonlyMap<string, Schema>>

/** Those anchors, by resource and name, which a reference looks for and several resources have. */
function contestedAnchors({ anchors, dynamic }: UnboundDocument): Anchors {
  const counts = new Map<string, number>()
  for (const names of anchors.values())
    for (const name of names.keys()) counts.set(name, (counts.get(name) ?? 0) + 1)
  const contested = [...new Set(dynamic.values())].filter((name) => (counts.get(name) ?? 0) > 1)
  const isContested = new Set(contested)
  return new Map(
    [...anchors]
      .map(([resource, names]) => {
        return [resource, new Map([...names].filter(([name]) => isContested.has(name)))] as const
      })
      .filter(([, names]) => names.size > 0),
  )
}

/** The outermost anchor of each name, and the scopes to which a step into a resource leads. */
interface Scope {
  readonly anchors: ReadonlyMap<string, Schema>
  readonly next: Map<string, Scope>
  readonly copies: Map<Schema, Schema>
}

/** What the `$ref` of a copy leads to, which is still to be copied. */
interface Reference {
  readonly from: Schema
  readonly to: unknown
  readonly scope: Scope
}

/** Copies, and anchors in scopes, together. */
const maxSize = 10_000

class ScopedDocument implements SchemaDocument {
  readonly root: unknown
  /** The schemas as they were too, because what nothing leads to is checked like the rest. */
  readonly schemas: Map<Schema, string>
  readonly targets: Map<Schema, unknown>
  readonly #document: UnboundDocument
  readonly #anchors: Anchors
  readonly #scopes = new Map<string, Scope>()
  readonly #references: Reference[] = []
  #size = 0

  constructor(document: UnboundDocument, anchors: Anchors) {
    this.#document = document
    this.#anchors = anchors
    this.schemas = new Map(document.schemas)
    this.targets = new Map(document.targets)
    for (const statement of document.dynamic.keys()) this.targets.delete(statement)
    // Only an object has references.
    this.root = this.#copy(document.root as Schema, this.#scope(new Map()))
    // What a reference leads to is copied here rather than at once: that may refer back.
    for (const { from, to, scope } of this.#references)
      this.targets.set(from, isObject(to) ? this.#copy(to, scope) : to)
  }

  #copy(schema: Schema, outer: Scope): Schema {
    const scope = this.#enter(outer, schema)
    const known = scope.copies.get(schema)
    if (known) return known
    const path = this.#document.schemas.get(schema) ?? ''
    this.#grow(1, path)
    // References are what leads into definitions.
    const { $defs: _, definitions: __, ...evaluated } = schema
    const copy = mapSubschemas(evaluated, (inner) => this.#copy(inner, scope))
    scope.copies.set(schema, copy)
    this.schemas.set(copy, path)
    const target = this.#document.targets.get(schema)
    if (target !== undefined) {
      const name = this.#document.dynamic.get(schema)
      const bound = name === undefined ? undefined : scope.anchors.get(name)
      this.#references.push({ from: copy, to: bound ?? target, scope })
    }
    return copy
  }

  /** The scope in which `schema` is evaluated when evaluation comes from `scope`. */
  #enter(scope: Scope, schema: Schema): Scope {
    const resource = this.#document.resources.get(schema) ?? ''
    const known = scope.next.get(resource)
    if (known) return known
    const own = [...(this.#anchors.get(resource) ?? [])]
    const added = own.filter(([name]) => !scope.anchors.has(name))
    this.#grow(
      added.length && scope.anchors.size + added.length,
      this.#document.schemas.get(schema) ?? '',
    )
    const next = added.length > 0 ? this.#scope(new Map([...scope.anchors, ...added])) : scope
    scope.next.set(resource, next)
    return next
  }

  #scope(anchors: ReadonlyMap<string, Schema>): Scope {
    const resourceOf = (schema: Schema): string => this.#document.resources.get(schema) ?? ''
    const names = [...anchors].map(([name, schema]) => `${name} ${resourceOf(schema)}`)
    const key = names.toSorted().join('\n')
    const scope = this.#scopes.get(key) ?? { anchors, next: new Map(), copies: new Map() }
    this.#scopes.set(key, scope)
    return scope
  }

  #grow(by: number, path: string): void {
    this.#size += by
    if (this.#size > maxSize)
      throw schemaProblem(
        path,
        'dynamic references lead to too many places',
        'Use $ref where one place is meant.',
      )
  }
}
