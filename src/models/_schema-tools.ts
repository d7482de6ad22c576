import { type JsonObject, ToolwireError, isObject } from '../base/index.ts'
import type { ModelEvent, ModelRequest, ToolReport } from '../ports/index.ts'
import type { ToolDescriptor } from '../protocol/index.ts'
import type { ToolNames } from './_names.ts'
import type { SchemaDialect } from './_schema-dialects.ts'
import { type LoweredSchema, lowerSchema } from './_schema-lowering.ts'
import { type StrictMode, type StrictSchema, strictSchema } from './_schema-strict.ts'

/** A tool as it stands in a request. */
export interface OfferedTool {
  readonly toolName: string
  readonly wireName: string
  readonly description: string
  readonly schema: JsonObject
  readonly strict: boolean
  /** What the tool says for this provider, to be joined to it on the wire. */
  readonly options: JsonObject
}

/** The tools of one request. */
export interface ToolOffer {
  readonly tools: readonly OfferedTool[]
  /** What is said of each tool that loses something. */
  readonly reports: readonly ToolReport[]
  /** Gives calls the input that their tool means, where the model has to write it otherwise. */
  readonly restore: ((event: ModelEvent) => ModelEvent) | undefined
}

/** One schema in all forms in which it may be sent. */
interface Forms {
  readonly plain: LoweredSchema
  readonly strict: StrictSchema | undefined
}

/** Puts the tools of requests into the dialect of one model, each schema once. */
export class ToolSchemas {
  readonly #dialect: SchemaDialect
  readonly #strict: StrictMode | undefined
  readonly #forms = new WeakMap<object, Forms>()

  constructor(dialect: SchemaDialect, strict?: StrictMode) {
    this.#dialect = dialect
    this.#strict = strict
  }

  /** What cannot be offered is left out with the reason, and the others go on. */
  offer(tools: readonly ToolDescriptor[], names: ToolNames, format: string): ToolOffer {
    const offered = new Map<string, OfferedTool>()
    const reports: ToolReport[] = []
    const compiled = new Map<string, StrictSchema>()
    for (const { name: toolName, description, inputSchema, providerOptions = {} } of tools) {
      const { plain, strict } = this.#formsOf(inputSchema)
      const wireName = names.toWire(toolName)
      const leftOut = offered.has(wireName) ? 'another tool has its name' : plain.leftOut
      if (leftOut !== undefined) {
        reports.push({ toolName, leftOut, losses: [] })
        continue
      }
      const isStrict = strict && this.#strict?.fits(strict, [...compiled.values()])
      if (isStrict) compiled.set(toolName, strict)
      else if (plain.losses.length > 0) reports.push({ toolName, losses: plain.losses })
      const { schema } = isStrict ? strict : plain
      const { [format]: options = {} } = providerOptions
      const said = { toolName, wireName, description, options }
      offered.set(wireName, { ...said, schema, strict: isStrict === true })
    }
    return {
      tools: [...offered.values()],
      reports,
      restore: compiled.size > 0 ? (event) => restore(event, compiled) : undefined,
    }
  }

  #formsOf(schema: JsonObject): Forms {
    const known = this.#forms.get(schema)
    if (known) return known
    const plain = lowerSchema(schema, this.#dialect)
    const forms = { plain, strict: this.#strict && strictForm(schema, this.#strict) }
    if (isObject(schema)) this.#forms.set(schema, forms)
    return forms
  }
}

/** Only what is said without loss is promised to be kept. */
function strictForm(schema: JsonObject, mode: StrictMode): StrictSchema | undefined {
  const { schema: lowered, losses, leftOut } = lowerSchema(schema, mode.dialect)
  return leftOut === undefined && losses.length === 0
    ? strictSchema(lowered, mode.optionalAs)
    : undefined
}

function restore(event: ModelEvent, compiled: ReadonlyMap<string, StrictSchema>): ModelEvent {
  if (event.type !== 'tool-input-end' || !event.input) return event
  const schema = compiled.get(event.toolName)
  return schema ? { ...event, input: schema.restore(event.input) } : event
}

/** @throws {@link ToolwireError} where the request demands a tool that it does not offer. */
export function checkChoice({ toolChoice }: ModelRequest, { tools, reports }: ToolOffer): void {
  if (!isObject(toolChoice)) return
  const { toolName } = toolChoice
  const leftOut = reports.find((report) => report.toolName === toolName)?.leftOut
  const isOffered = tools.some((tool) => tool.toolName === toolName)
  if (isOffered || (tools.length === 0 && leftOut === undefined)) return
  throw new ToolwireError(
    'INVALID_OPTIONS',
    `toolChoice names the tool "${toolName}", which is not offered: ${leftOut ?? 'the request has no such tool'}.`,
    {
      hint: 'Offer the tool, or leave the choice to the model; `checkTools` says what becomes of a schema.',
    },
  )
}
