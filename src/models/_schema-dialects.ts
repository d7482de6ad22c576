import type { Json, JsonObject } from '../base/index.ts'
import { listOf, typesOf } from './_schema-keywords.ts'
import { asOpenApi } from './_schema-openapi.ts'

/** What one kind of server accepts of JSON Schema 2020-12. All take an object at the root, without alternatives. */
export interface SchemaDialect {
  /** As people know it. */
  readonly name: string
  /** The keywords that it accepts below the root; absent where it takes what it does not know. */
  readonly keywords?: ReadonlySet<string>
  /** Values that it refuses, or does not read, of keywords that it accepts. */
  readonly accepts?: Readonly<Record<string, (value: Json) => boolean>>
  /**
   * `all`: to anything in `$defs`. `recursive`: only where a schema contains itself, and nothing beside them;
   * `optional`: such ones, but not within properties that are required. `widened`: none, and what contains
   * itself ends in what it is roughly; `none`: nothing may contain itself.
   */
  readonly references: 'all' | 'recursive' | 'optional' | 'widened' | 'none'
  /** `type` may name several. */
  readonly typeLists?: false
  /** Nothing may stand beside `anyOf`. */
  readonly loneAnyOf?: true
  /** An array has to say what is in it. */
  readonly wantsItems?: true
  /** What is required has to be a property. */
  readonly wantsNames?: true
  /** What the properties of the root may be called. */
  readonly propertyNames?: RegExp
  /** The last touch to each schema. */
  readonly finish?: (schema: JsonObject) => JsonObject
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const is =
  (allowed: string) =>
  (value: Json): boolean =>
    typeof value === 'string' && words(allowed).has(value)

const areOf =
  (types: string) =>
  (values: Json): boolean =>
    typesOf(listOf(values)).every(is(types))

/**
 * OpenAI without `strict`, and most that speak its format: "schema must have type 'object' and not have
 * 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level", "array schema missing items".
 */
export const openSchema: SchemaDialect = {
  name: 'OpenAI',
  references: 'all',
  wantsItems: true,
}

/** "input_schema does not support oneOf, allOf, or anyOf at the top level", "Property keys should match pattern". */
export const anthropicSchema: SchemaDialect = {
  name: 'Anthropic',
  references: 'all',
  propertyNames: /^[a-zA-Z0-9_.-]{1,64}$/,
}

const core = 'type enum description properties required items anyOf'
const limits =
  'format pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems uniqueItems minLength maxLength minProperties maxProperties'

/** "when using anyOf, type should be defined in anyOf items instead of the parent schema". */
export const kimiSchema: SchemaDialect = {
  name: 'Kimi',
  keywords: words(`${core} ${limits} $ref const title default additionalProperties prefixItems`),
  references: 'recursive',
  loneAnyOf: true,
  wantsItems: true,
  wantsNames: true,
}

/**
 * `parametersJsonSchema`. The reference of the API lists what is read; more is accepted and means nothing.
 * "If `$ref` is set on a sub-schema, no other properties may be set", and cyclic references "may only be used
 * within non-required properties".
 */
export const geminiSchema: SchemaDialect = {
  name: 'Gemini',
  keywords: words(
    `${core} $ref title format prefixItems additionalProperties minItems maxItems minimum maximum`,
  ),
  accepts: {
    enum: areOf('string number'),
    format: is('date-time date time int32 int64 float double'),
  },
  references: 'optional',
  wantsItems: true,
  wantsNames: true,
}

/** The older `parameters`: an unknown keyword is refused, and "when using any_of, it must be the only field set". */
export const geminiOpenApi: SchemaDialect = {
  name: 'Gemini "parameters"',
  keywords: words(
    `${core} title default format minItems maxItems minimum maximum minLength maxLength minProperties maxProperties pattern`,
  ),
  accepts: {
    enum: areOf('string'),
    format: is('date-time int32 int64 float double'),
  },
  references: 'none',
  finish: asOpenApi,
  typeLists: false,
  loneAnyOf: true,
  wantsItems: true,
  wantsNames: true,
}

/** The server keeps these fields of a tool and silently loses the others before the model sees them. */
export const ollamaSchema: SchemaDialect = {
  name: 'Ollama',
  keywords: words(core),
  references: 'widened',
}

const formats = 'date-time date time duration email hostname ipv4 ipv6 uuid'

/** `strict: true`: a pattern is compiled, and lookaround and back references are refused. */
export const openaiStrict: SchemaDialect = {
  name: 'OpenAI strict',
  keywords: words(
    `${core} $ref const additionalProperties format pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems`,
  ),
  accepts: {
    format: is(formats),
    pattern: (pattern) => typeof pattern === 'string' && !/\(\?(?!:)|\\[1-9kbBpP]/.test(pattern),
  },
  references: 'recursive',
  wantsItems: true,
  wantsNames: true,
}

/** `strict: true`: no recursion, no limits but whether there may be no items. */
export const anthropicStrict: SchemaDialect = {
  name: 'Anthropic strict',
  keywords: words(`${core} const additionalProperties format minItems`),
  accepts: {
    enum: areOf('string number boolean null'),
    const: (value) => typeof value !== 'object' || value === null,
    format: is(`${formats} uri`),
    minItems: (value) => value === 0 || value === 1,
  },
  references: 'none',
  propertyNames: /^[a-zA-Z0-9_.-]{1,64}$/,
  wantsItems: true,
  wantsNames: true,
}
