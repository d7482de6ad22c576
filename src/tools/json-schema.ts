import {
  type Schema as InterpreterSchema,
  format as formats,
  validate,
} from '@cfworker/json-schema'
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { canonicalJson, isObject } from '../base/index.ts'
import { ForeignPatterns } from './foreign-patterns.ts'
import { type Draft, type Schema, checkLoops } from './foreign-schema.ts'
import { readDocument } from './json-schema-document.ts'
import { bindDynamicReferences } from './json-schema-scopes.ts'
import { separateApplicators } from './json-schema-unevaluated.ts'
import { type Issue, decodeFragment, readableErrors } from './readable-errors.ts'
import { schemaProblem } from './schema-problem.ts'
import { TextCheck } from './text-check.ts'
import { type Budget, OutOfBudget, spend } from './validation-budget.ts'
import { type ValueSurvey, surveyValue } from './value-survey.ts'

export interface JsonSchemaOptions {
  /** Other documents that `$ref` may lead to, by their URL: nothing is ever fetched. */
  readonly schemas?: Readonly<Record<string, object>>
}

/** A JSON Schema as a Standard Schema: it validates, and it writes itself. */
export interface JsonSchema<Value = unknown> {
  readonly '~standard': StandardSchemaV1.Props<Value> & StandardJSONSchemaV1.Props<Value>
}

/**
 * Makes a plain JSON Schema (2020-12, or the older draft that its `$schema` names) a Standard Schema.
 * `Value` is what you say it describes. Neither the schema nor a value needs to be trusted: nothing is
 * evaluated or fetched, no foreign pattern meets the native RegExp, and both are bounded in size and work.
 *
 * It is checked when a tool takes it, so that the error (`INVALID_SCHEMA`) names the tool; without a tool,
 * its first use throws that error.
 */
export function jsonSchema<Value = unknown>(
  schema: object | boolean,
  options: JsonSchemaOptions = {},
): JsonSchema<Value> {
  let interpreter: Interpreter | undefined
  const compiled = (): Interpreter => (interpreter ??= new Interpreter(schema, options))
  const write = (): Schema => compiled().document()
  return {
    '~standard': {
      version: 1,
      vendor: 'toolwire',
      validate(value) {
        const issues = compiled().check(value)
        // What the schema describes is the caller's to say; TypeScript cannot know.
        return issues ? { issues } : { value: value as Value }
      },
      jsonSchema: { input: write, output: write },
    },
  }
}

// The interpreter looks for the formats in one table that it exports: that is its only way to be extended.
// One entry of ours stands there for all text checks. A schema's `format` is made an object; turned into
// a key, which happens right before each check, it says whose turn it is.
let current: TextCheck | undefined
let ready: OwnFormats | undefined

interface OwnFormats {
  /** Of the one entry. */
  readonly key: string
  /** Formats that are asserted. */
  readonly known: ReadonlyMap<string, (text: string) => boolean>
}

/** Made when it is first used: who bundles this file and does not use it pays nothing. */
function ownFormats(): OwnFormats {
  if (ready) return ready
  let key = 'toolwire'
  while (key in formats) key += "'"
  // `url` is not of the standard, and its expression is exponential; a copy of this module may be there too.
  const isOut = (name: string): boolean => name.startsWith('toolwire') || name === 'url'
  const known = new Map(Object.entries(formats).filter(([name]) => !isOut(name)))
  formats[key] = (text) => current?.accepts(text) ?? false
  ready = { key, known }
  return ready
}

const limits = { maxDepth: 64, maxLength: 65_536 }

/** Under this the interpreter expects the key of what the `$ref` of a schema leads to. */
const referenceKey = '__absolute_ref__'

/** Comparisons of `uniqueItems`, which are quadratic in the length of an array. */
const maxComparisons = 4_000_000

/** A schema made ready for the interpreter. A run is synchronous, so what belongs to one is kept here. */
class Interpreter {
  readonly #text: string
  readonly #root: InterpreterSchema
  readonly #draft: Draft
  /** What references lead to; in the interpreter's own form, by keys. */
  readonly #targets: Readonly<Record<string, InterpreterSchema | boolean>>
  readonly #patterns: ForeignPatterns
  readonly #budget: Budget = { steps: 0, matching: 0 }
  readonly #members = new Map<Schema, Schema>()
  #survey: ValueSurvey = surveyValue(null)
  #comparesItems = false

  constructor(schema: object | boolean, { schemas = {} }: JsonSchemaOptions) {
    this.#draft = draftOf(schema)
    this.#text = textOf(bundle(schema, schemas, this.#draft))
    this.#patterns = new ForeignPatterns(this.#budget)
    const bound = bindDynamicReferences(readDocument(JSON.parse(this.#text), this.#draft))
    const document = this.#draft === '7' ? bound : separateApplicators(bound)
    checkLoops(document.schemas, document.targets)
    // Legal keywords were checked, which is all that the type says.
    this.#root = document.root as InterpreterSchema
    this.#targets = Object.fromEntries(
      [...document.targets].map(([one, target], index) => {
        one[referenceKey] = `${index}`
        return [index, target as InterpreterSchema | boolean]
      }),
    )
    for (const [one, path] of document.schemas) this.#prepare(one, path)
  }

  /** The schema as it was given, with the documents that it refers to. */
  document(): Schema {
    const document: unknown = JSON.parse(this.#text)
    if (isObject(document)) return document
    return document === true ? {} : { not: {} }
  }

  check(value: unknown): readonly Issue[] | undefined {
    this.#survey = surveyValue(value)
    const { issue, nodes, comparisons, hasUndefined } = this.#survey
    if (issue) return [issue]
    if (this.#comparesItems && comparisons > maxComparisons)
      return [
        { path: [], message: 'Cannot be checked: an array is too long to compare its items.' },
      ]
    this.#budget.steps = Math.min(20_000 + 100 * nodes, 2_000_000)
    this.#budget.matching = 6_000_000
    this.#members.clear()
    try {
      const plain: unknown = hasUndefined ? JSON.parse(JSON.stringify(value)) : value
      // All errors rather than the first: a model can then correct them at once.
      const result = validate(plain, this.#root, this.#draft, this.#targets, false)
      if (result.valid) return undefined
      return readableErrors(result.errors, (location) => this.#expectation(location))
    } catch (error) {
      const reason = error instanceof OutOfBudget ? 'it takes too much work' : 'the check failed'
      return [{ path: [], message: `Cannot be checked: ${reason}.` }]
    }
  }

  #prepare(schema: Schema, path: string): void {
    const { uniqueItems, pattern, format, patternProperties } = schema
    if (uniqueItems === true) this.#comparesItems = true
    const { key, known: knownFormats } = ownFormats()
    const test = knownFormats.get(String(format))
    delete schema['format']
    delete schema['pattern']
    if (typeof pattern === 'string' || test) {
      const matcher =
        typeof pattern === 'string' ? this.#patterns.get(pattern, `${path}/pattern`) : undefined
      const known = test && { name: String(format), test }
      const check = new TextCheck(matcher, known, this.#budget)
      schema['format'] = {
        check,
        [Symbol.toPrimitive]() {
          current = check
          return key
        },
      }
    }
    const weight = weightOf(schema)
    if (isObject(patternProperties)) this.#prepareMembers(schema, patternProperties, path)
    // The interpreter reads this at every visit, and uses it for `$recursiveRef` only, of which there is none.
    Object.defineProperty(schema, '__absolute_recursive_ref__', {
      get: () => spend(this.#budget, 'steps', weight),
    })
  }

  /**
   * Turns `patternProperties` into `properties`: of all names in the value that is being checked, those
   * that match. For the interpreter the two are alike, in what they evaluate too.
   */
  #prepareMembers(schema: Schema, patterns: Schema, path: string): void {
    const matchers = Object.entries(patterns).map(([pattern, subschema]) => ({
      matcher: this.#patterns.get(pattern, `${path}/patternProperties`),
      subschema,
    }))
    const fixed = schema['properties']
    delete schema['patternProperties']
    Object.defineProperty(schema, 'properties', {
      get: () => {
        const known = this.#members.get(schema)
        // A null prototype, for a member that is called "__proto__".
        const members = known ?? Object.assign(Object.create(null) as Schema, fixed)
        for (const key of known ? [] : this.#survey.keys)
          for (const { matcher, subschema } of matchers)
            if (matcher.test(key))
              members[key] = key in members ? { allOf: [members[key], subschema] } : subschema
        this.#members.set(schema, members)
        spend(this.#budget, 'steps', 4 * Object.keys(members).length)
        return members
      },
    })
  }

  /** What a text had to be at a location of the schema, for a message that says so. */
  #expectation(location: string): string | undefined {
    const end = decodeFragment(location).reduce<unknown>((node, key) => {
      const within = Object(node) as Schema
      return key === '$ref' && typeof within['$ref'] === 'string'
        ? this.#targets[String(within[referenceKey])]
        : within[key]
    }, this.#root)
    return isObject(end) && end['check'] instanceof TextCheck ? end['check'].expectation : undefined
  }
}

function draftOf(schema: object | boolean): Draft {
  const name = isObject(schema) ? String(schema['$schema']) : ''
  if (/draft-0[67]/.test(name)) return '7'
  return name.includes('2019-09') ? '2019-09' : '2020-12'
}

/** One document of several, as the standard wants it: each under its own `$id`. */
function bundle(
  schema: object | boolean,
  schemas: Readonly<Record<string, object>>,
  draft: Draft,
): unknown {
  if (!isObject(schema) || Object.keys(schemas).length === 0) return schema
  const key = draft === '7' ? 'definitions' : '$defs'
  const documents = Object.entries(schemas).map(([$id, document]) => [$id, { ...document, $id }])
  return { ...schema, [key]: { ...Object(schema[key]), ...Object.fromEntries(documents) } }
}

function textOf(schema: unknown): string {
  try {
    canonicalJson(schema, limits)
    return JSON.stringify(schema)
  } catch (error) {
    throw schemaProblem('', reasonOf(error), 'Use plain JSON data, and less of it.')
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
}

/** How much the interpreter has to do at one visit. */
function weightOf(schema: Schema): number {
  return Object.values(schema).reduce<number>((sum, value) => {
    return sum + (typeof value === 'object' && value ? Object.keys(value).length : 0)
  }, 1)
}
