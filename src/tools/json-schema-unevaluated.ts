import type { Schema } from './foreign-schema.ts'
import type { SchemaDocument } from './json-schema-document.ts'
import { appliesInPlace, subschemas } from './schema-keywords.ts'

/**
 * Keeps apart what applies to the same value, if `unevaluatedProperties` or `unevaluatedItems` is anywhere.
 * Those look at what their own schema evaluated, with all within it, but never at what was evaluated
 * beside it (2020-12, Core 11). The interpreter keeps the members of `allOf` apart, but shows to `then`,
 * `else`, `dependentSchemas` and what a `$ref` leads to what came before: so these become members too.
 */
export function separateApplicators(document: SchemaDocument): SchemaDocument {
  const { root } = document
  const given = [...document.schemas]
  const looks = ([schema]: readonly [Schema, string]): boolean =>
    'unevaluatedProperties' in schema || 'unevaluatedItems' in schema
  if (!given.some(looks)) return document
  const schemas = new Map(given)
  const targets = new Map(document.targets)
  for (const [schema, path] of given) {
    const members = [...movedConditions(schema), ...movedDependents(schema)]
    const target = targets.get(schema)
    if (target !== undefined && (members.length > 0 || subschemas(schema).some(appliesInPlace))) {
      const reference = { $ref: schema['$ref'] }
      members.unshift(reference)
      targets.delete(schema)
      targets.set(reference, target)
      delete schema['$ref']
    }
    for (const member of members) schemas.set(member, path)
    if (members.length > 0)
      schema['allOf'] = [...((schema['allOf'] ?? []) as unknown[]), ...members]
  }
  return { root, schemas, targets }
}

/** Of the two only `then` would see what `if` evaluated; as the `else` of its contrary it does not. */
function movedConditions(schema: Schema): Schema[] {
  const { if: condition, then: consequence, else: alternative = true } = schema
  if (condition === undefined) return []
  for (const keyword of ['if', 'then', 'else']) delete schema[keyword]
  const first = { if: condition, else: alternative }
  return consequence === undefined
    ? [first]
    : [first, { if: { not: condition }, else: consequence }]
}

function movedDependents(schema: Schema): Schema[] {
  const { dependentSchemas = {} } = schema
  delete schema['dependentSchemas']
  return Object.entries(dependentSchemas as object).map((one) => ({
    dependentSchemas: Object.fromEntries([one]),
  }))
}
