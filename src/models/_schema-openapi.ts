import type { JsonObject } from '../base/index.ts'
import { fields, isText } from './_json.ts'
import { listOf } from './_schema-keywords.ts'

/**
 * What Gemini's older `parameters` wants otherwise: null among alternatives is said with `nullable`, and nothing
 * stands beside alternatives, so that the first of them says what was there.
 */
export function asOpenApi(schema: JsonObject): JsonObject {
  const { anyOf, description } = schema
  if (anyOf === undefined) return schema
  const written = listOf(anyOf).map((part) => fields(part))
  const [first = {}, ...more] = written.filter(({ type }) => type !== 'null')
  const isNullable = written.length > more.length + 1
  const told = within(first, {
    ...(isNullable && { nullable: true }),
    ...(isText(description) && { description }),
  })
  return more.length > 0 ? { anyOf: [told, ...more] } : told
}

function within(schema: JsonObject, said: JsonObject): JsonObject {
  const { anyOf, description } = schema
  const [first, ...more] = listOf(anyOf)
  if (anyOf !== undefined) return { ...schema, anyOf: [within(fields(first), said), ...more] }
  const words = [said['description'], description].filter(isText).join(' ')
  return { ...schema, ...said, ...(words && { description: words }) }
}
