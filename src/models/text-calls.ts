import { ToolwireError, type World, systemWorld } from '../base/index.ts'
import type { Model, ModelEvent } from '../ports/index.ts'
import { TextAnswer } from './_text-answer.ts'
import { type TextCallFamily, textGrammars } from './_text-families.ts'

export type { TextCallFamily }

export interface TextCallOptions {
  /** How the model writes calls; where it writes them in several ways, all of these. */
  readonly family: TextCallFamily | readonly TextCallFamily[]
  /** For the ids of calls. */
  readonly world?: World
}

/**
 * `model`, whose calls are also taken out of its text: for a server that does not decode, or not always, what
 * its model writes. Without this, text stays text.
 *
 * Only a call of a tool of the request counts, by the tool's name or by the one that it has on the wire. All
 * other text comes out as it went in and in its order, at once except where it may be the beginning of a call;
 * only white space behind a call goes with it, and so does a lone mark where the server decoded the call
 * itself. Reasoning is not read: a model that thinks of a call does not make one.
 *
 * A call ends where its input does. What is open when the answer ends is `truncated`; what is no JSON object,
 * or does not keep to the family's form once it is known to be a call, is `malformed`. An input that the model
 * marked up rather than wrote as JSON becomes JSON, with the types that the tool's schema declares; where a
 * value is not exactly of these it stays a string, for validation to refuse.
 *
 * Throws `INVALID_OPTIONS` for a family that is not known.
 */
export function withTextCalls(
  model: Model,
  { family, world = systemWorld }: TextCallOptions,
): Model {
  const families = [family].flat()
  const unknown = families.find((name) => !Object.hasOwn(textGrammars, name))
  if (families.length === 0 || unknown !== undefined)
    throw new ToolwireError(
      'INVALID_OPTIONS',
      `withTextCalls: "family" is ${unknown === undefined ? 'empty' : `no family: "${unknown}"`}.`,
      { hint: `Name one or more of: ${Object.keys(textGrammars).join(', ')}.` },
    )
  return {
    id: model.id,
    format: model.format,
    ...(model.checkTools && { checkTools: (tools) => model.checkTools?.(tools) ?? [] }),
    stream(request) {
      const { tools = [], toolChoice } = request
      const events = model.stream(request)
      return tools.length === 0 || toolChoice === 'none'
        ? events
        : readAnswer(events, new TextAnswer({ families, tools, world }))
    },
  }
}

async function* readAnswer(
  events: AsyncIterable<ModelEvent>,
  answer: TextAnswer,
): AsyncGenerator<ModelEvent, void, undefined> {
  try {
    for await (const event of events) {
      answer.push(event)
      yield* answer.take()
    }
  } catch (error) {
    answer.end()
    yield* answer.take()
    throw error
  }
  answer.end()
  yield* answer.take()
}
