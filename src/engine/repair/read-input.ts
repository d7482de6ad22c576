import { type JsonObject, isObject } from '../../base/index.ts'
import type { RepairStage } from '../../protocol/index.ts'
import { stripAround } from './around.ts'
import { InputReader } from './input-reader.ts'
import type { Grammar, ReadProblem } from './input-string.ts'

/** The inputs that a text holds, and what it took to read them. */
export interface ReadInput {
  readonly inputs: readonly JsonObject[]
  /** The text as the repairs left it: JSON of the inputs, one behind the other. */
  readonly text: string
  readonly repairs: readonly TextRepair[]
}

/** What one stage did to a text. */
export interface TextRepair {
  readonly stage: RepairStage
  readonly before: string
  readonly after: string
}

/** Why a text is no input. `issue` says it in a sentence. */
export interface UnreadInput {
  readonly problem: 'truncated' | 'malformed'
  readonly issue: string
}

/** As long as the input of a call may be on any wire. */
const maxChars = 4 * 1024 * 1024

type Stages = ReadonlySet<RepairStage>
type TextStage = (text: string, stages: Stages) => string | ReadProblem

// What stands around an input may also stand around it within a string.
const textStages: readonly (readonly [RepairStage, TextStage])[] = [
  ['code-fence', strip],
  ['double-encoded', decode],
  ['code-fence', strip],
]

/**
 * Reads a text that is no JSON object as one, or as several where `stages` has `split`. All of the text is
 * understood or nothing is: no stage closes what is open, and none leaves out what might be data.
 */
export function readInput(text: string, stages: Stages): ReadInput | UnreadInput {
  if (text.length > maxChars)
    return { problem: 'malformed', issue: `The input is longer than ${maxChars} characters.` }
  const repairs: TextRepair[] = []
  let current = text
  for (const [stage, apply] of textStages) {
    const after = stages.has(stage) ? apply(current, stages) : current
    if (typeof after !== 'string') return unread(current, after)
    if (after !== current) repairs.push({ stage, before: current, after })
    current = after
  }
  const several = stages.has('split')
  const strict = readObjects(current, 'strict', several)
  if (!('kind' in strict)) return { inputs: strict, text: current, repairs }
  if (!stages.has('tolerant-syntax')) return unread(current, strict)
  const inputs = readObjects(current, 'tolerant', several)
  if ('kind' in inputs) return unread(current, inputs)
  const after = inputs.map((input) => JSON.stringify(input)).join('\n')
  repairs.push({ stage: 'tolerant-syntax', before: current, after })
  return { inputs, text: after, repairs }
}

function strip(text: string, stages: Stages): string | ReadProblem {
  return stripAround(text, { grammar: grammarOf(stages), several: stages.has('split') })
}

/** What a text says that is one JSON string; any other text as it is. */
function decode(text: string, stages: Stages): string | ReadProblem {
  const reader = new InputReader(text, grammarOf(stages))
  reader.space()
  if (!'"\''.includes(text.charAt(reader.at) || ' ')) return text
  const content = reader.value()
  reader.space()
  if (typeof content === 'string' && reader.at === text.length) return content
  return reader.problem ?? { kind: 'malformed', offset: reader.at }
}

function readObjects(
  text: string,
  grammar: Grammar,
  several: boolean,
): readonly JsonObject[] | ReadProblem {
  const inputs: JsonObject[] = []
  const reader = new InputReader(text, grammar)
  do {
    reader.space()
    const start = reader.at
    const value = reader.value()
    if (reader.problem) return reader.problem
    if (!isObject(value) || (inputs.length > 0 && !several))
      return { kind: 'malformed', offset: start }
    inputs.push(value)
    reader.space()
  } while (reader.at < text.length)
  return inputs
}

function grammarOf(stages: Stages): Grammar {
  return stages.has('tolerant-syntax') ? 'tolerant' : 'strict'
}

function unread(text: string, { kind, offset }: ReadProblem): UnreadInput {
  if (kind === 'cut')
    return { problem: 'truncated', issue: 'The input ends before it is complete.' }
  const before = JSON.stringify(text.slice(Math.max(0, offset - 30), offset))
  // A whole character, also where it is two code units.
  const found = JSON.stringify(String.fromCodePoint(text.codePointAt(offset) ?? 0))
  return {
    problem: 'malformed',
    issue: `The input is not one JSON object: ${found} is not expected behind ${before}.`,
  }
}
