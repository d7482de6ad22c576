import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { isObject } from '../base/index.ts'
import { pieceOf, readResultName, wholeText } from '../guards/index.ts'
import type { Message, ResultPart, ToolPart } from '../protocol/index.ts'
import { type AnyTool, ToolError, ToolRegistry, defineTool } from '../tools/index.ts'
import { type ConversationState, archiveFacts, archiveTurn, messagesOf } from '../turn/index.ts'
import type { Conversation } from './conversation.ts'

const maxPageChars = 20_000

interface Page {
  readonly result: string
  readonly offset?: number
}

const pageSchema: StandardSchemaV1<Page> & StandardJSONSchemaV1<Page> = {
  '~standard': {
    version: 1,
    vendor: 'toolwire',
    validate: (value) =>
      isPage(value)
        ? { value }
        : { issues: [{ message: 'It takes a result and an offset of 0 or more.' }] },
    jsonSchema: { input: () => pageJsonSchema, output: () => pageJsonSchema },
  },
}

const pageJsonSchema = {
  type: 'object',
  properties: {
    result: { type: 'string', description: 'Which result, as its note says.' },
    offset: { type: 'integer', minimum: 0, description: 'Characters to skip. Default: 0.' },
  },
  required: ['result'],
  additionalProperties: false,
}

function isPage(value: unknown): value is Page {
  if (!isObject(value)) return false
  const { result, offset = 0 } = value
  return typeof result === 'string' && Number.isInteger(offset) && Number(offset) >= 0
}

/** What a model reads a long result with. It is offered in conversations in which a view was cut. */
const readResult: AnyTool = defineTool({
  name: readResultName,
  description: 'Reads on in a tool result that was too long to be shown as a whole.',
  inputSchema: pageSchema,
  readOnly: true,
  // A page is as long as it may be already.
  maxModelOutputChars: Infinity,
  // A conversation that has results gives it another handler.
  execute: ({ result }) => noResult(result),
})

/**
 * `tools`, whatever becomes of them, and what long results are read with, which a tool of that name replaces;
 * `release` ends that the one follows the other.
 */
export function withPages(tools: ToolRegistry): {
  readonly paged: ToolRegistry
  readonly release: () => void
} {
  const all = new ToolRegistry()
  let clear = (): void => {}
  const copy = (): void => {
    clear()
    clear = all.register([...tools.list(), ...(tools.has(readResultName) ? [] : [readResult])])
  }
  copy()
  return { paged: all, release: tools.onChange(copy) }
}

/** Whether there is anything in the conversation to read with `tool`; true of any other tool. */
export function isOfUse(tool: AnyTool, state: ConversationState): boolean {
  if (tool !== readResult) return true
  return cutBefore(state.messages).has || archiveTurn(state.turn).some(hasCut)
}

const cutBefore = archiveFacts(
  () => ({ has: false }),
  (cut, message) => {
    cut.has ||= hasCut(message)
  },
)

interface Shelf {
  readonly tools: ToolRegistry
  readonly maxModelOutputChars: number
}

/** `tool` as it runs in a conversation. */
export function toolIn({ state }: Conversation, tool: AnyTool, shelf: Shelf): AnyTool {
  if (tool !== readResult) return tool
  // The input was checked against the schema of the tool.
  const execute = (input: unknown): Promise<object> => readPage(state, input as Page, shelf)
  return { ...readResult, execute }
}

async function readPage(
  state: ConversationState,
  { result, offset = 0 }: Page,
  { tools, maxModelOutputChars }: Shelf,
): Promise<object> {
  const part = partsOf(state).find(({ toolCallId }) => toolCallId === result)
  if (part?.output === undefined || !tools.has(part.toolName)) return noResult(result)
  const tool = tools.get(part.toolName)
  const context = { toolCallId: result, principal: state.turn?.principal }
  const text = await wholeText(tool, part.output, context)
  const length = Math.min(maxPageChars, tool.maxModelOutputChars ?? maxModelOutputChars)
  const page = pieceOf(text, offset, length)
  const next = offset + page.length
  return { text: page, total: text.length, ...(next < text.length && { next }) }
}

function noResult(result: string): never {
  throw new ToolError(`There is no result "${result}" here.`, { code: 'unknown-result' })
}

function partsOf(state: ConversationState): readonly ToolPart[] {
  return messagesOf(state)
    .flatMap(({ parts }) => parts)
    .filter((part) => part.type === 'tool')
}

function hasCut(message: Message): boolean {
  return message.parts.some((part) => part.type === 'tool' && isCut(part))
}

// What the model sees of a result never changes, so a long history is looked through once.
const known = new WeakMap<readonly ResultPart[], boolean>()

function isCut(part: ToolPart): boolean {
  const { modelOutput } = part
  if (!modelOutput) return false
  const cut = known.get(modelOutput) ?? mentionsRest(part, modelOutput)
  known.set(modelOutput, cut)
  return cut
}

function mentionsRest({ toolCallId }: ToolPart, modelOutput: readonly ResultPart[]): boolean {
  return modelOutput.some(
    (part) =>
      part.type === 'text' &&
      part.text.includes(`${readResultName} {"result":${JSON.stringify(toolCallId)}`),
  )
}
