import { type Json, type JsonObject, isObject } from '../../base/index.ts'
import { InputReader } from './input-reader.ts'
import { SchemaTypes, admits, typeOf } from './schema-types.ts'

/**
 * `input` with each value that `schema` does not admit turned into one that it does, where that loses nothing:
 * `"2"` to 2, `"true"` to true, 5 to `"5"`, the JSON text of an array or object to that. Turned back, each
 * gives the same text, which rules out `"2.0"`, `" 2"` and digits that a number cannot hold. No member is
 * added or left out, and a value that fits is left alone. Returns `input` itself where nothing changed.
 *
 * `inputText` is what the model wrote: it shows which numbers were written in another way.
 */
export function coerceInput(input: JsonObject, schema: JsonObject, inputText: string): JsonObject {
  const coerced = new Coercion(schema, inputText).coerce(input, [schema])
  return isObject(coerced) ? coerced : input
}

class Coercion {
  readonly #types: SchemaTypes
  readonly #inputText: string
  #otherwise: ReadonlySet<number> | undefined

  constructor(schema: JsonObject, inputText: string) {
    this.#types = new SchemaTypes(schema)
    this.#inputText = inputText
  }

  coerce(value: Json, schemas: readonly Json[]): Json {
    const types = this.#types.typesOf(schemas)
    if (types && !admits(types, typeOf(value))) {
      if (typeof value === 'number') return this.#numberAsText(value, types)
      return typeof value === 'string' ? this.#parsed(value, types, schemas) : value
    }
    if (Array.isArray(value)) return this.#items(value, schemas)
    return isObject(value) ? this.#members(value, schemas) : value
  }

  #items(items: readonly Json[], schemas: readonly Json[]): Json {
    const coerced = items.map((item, index) =>
      this.coerce(item, this.#types.childrenOf(schemas, index)),
    )
    return coerced.some((item, index) => item !== items[index]) ? coerced : items
  }

  #members(members: JsonObject, schemas: readonly Json[]): Json {
    const entries = Object.entries(members)
    const coerced = entries.map(
      ([key, member]) => [key, this.coerce(member, this.#types.childrenOf(schemas, key))] as const,
    )
    const isChanged = coerced.some(([, member], index) => member !== entries[index]?.[1])
    // `fromEntries` defines what it gets, so that `__proto__` stays a member.
    return isChanged ? Object.fromEntries(coerced) : members
  }

  #numberAsText(value: number, types: ReadonlySet<string>): Json {
    const isText =
      types.has('string') && [...types].every((type) => type === 'string' || type === 'null')
    if (!isText) return value
    this.#otherwise ??= numbersOtherwise(this.#inputText)
    return this.#otherwise.has(value) ? value : String(value)
  }

  #parsed(text: string, types: ReadonlySet<string>, schemas: readonly Json[]): Json {
    const value = parsed(text)
    if (value === undefined || !admits(types, typeOf(value))) return text
    if (isHolder(value)) return this.coerce(value, schemas)
    return String(value) === text ? value : text
  }
}

/** What a string says as strict JSON, if that is not a string again or nothing. */
function parsed(text: string): Exclude<Json, string | null> | undefined {
  const reader = new InputReader(text, 'strict')
  const value = reader.value()
  reader.space()
  if (reader.at < text.length || value === null || typeof value === 'string') return undefined
  return value
}

function isHolder(value: Json): value is JsonObject | readonly Json[] {
  return typeof value === 'object' && value !== null
}

/** The numbers in `text` that JavaScript would write in another way, such as `1.0` and `12345678901234567890`. */
function numbersOtherwise(text: string): ReadonlySet<number> {
  const found = new Set<number>()
  for (const [written] of text.matchAll(/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi))
    if (String(Number(written)) !== written) found.add(Number(written))
  return found
}
