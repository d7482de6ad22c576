import { type Json, type JsonObject, isObject } from '../base/index.ts'

/** JSON of a foreign server, of which any part may be missing or something else. */
export type Foreign = Json | undefined

/** The value of a JSON text, or `undefined` where it is none. */
export function parseJson(text: string): Foreign {
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

/** Whether `value` is a string that says something. */
export function isText(value: Foreign): value is string {
  return typeof value === 'string' && value !== ''
}

/** `value` where it is an object, else one without fields. */
export function fields(value: Foreign): JsonObject {
  return isObject(value) ? value : {}
}

/** The items of `value` where it is a list. */
export function items(value: Foreign): readonly Json[] {
  return Array.isArray(value) ? value : []
}

/** The objects in `value` where it is a list. */
export function objects(value: Foreign): readonly JsonObject[] {
  return items(value).filter((item) => isObject(item))
}

/** `base` with the fields of `more` over it: objects are joined field by field, lists one behind the other. */
export function join(base: JsonObject, more: JsonObject): JsonObject {
  const joined: Record<string, Json> = { ...base }
  for (const [name, value] of Object.entries(more)) {
    const before = base[name]
    if (isObject(before) && isObject(value)) joined[name] = join(before, value)
    else
      joined[name] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value
  }
  return joined
}
