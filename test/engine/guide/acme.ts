import type { Json, JsonObject } from '../../../src/base/index.ts'
import {
  type AdapterOptions,
  type DialectContext,
  OptionsCheck,
  bearer,
  modelOf,
} from '../../../src/models/_adapter.ts'
import { AnswerDecoder, type Verdict, usageOf } from '../../../src/models/_answer-decoder.ts'
import { argumentsOf, spokenText } from '../../../src/models/_history.ts'
import { JsonValues } from '../../../src/models/_json-values.ts'
import { fields, isText, join } from '../../../src/models/_json.ts'
import { plainText, resultParts } from '../../../src/models/_result-parts.ts'
import { openSchema } from '../../../src/models/_schema-dialects.ts'
import { ToolSchemas } from '../../../src/models/_schema-tools.ts'
import type { Model, ModelRequest } from '../../../src/ports/index.ts'
import type { Message } from '../../../src/protocol/index.ts'

export interface AcmeOptions extends AdapterOptions {
  readonly apiKey?: string
}

/** A model behind Acme's chat, which answers with one JSON object a line. */
export function acme(options: AcmeOptions): Model {
  const check = new OptionsCheck('acme')
  check.model(options.model, 'acme-1')
  return modelOf(
    {
      format: 'acme',
      url: check.endpoint('https://api.acme.test/v1', 'chat'),
      schemas: new ToolSchemas(openSchema),
      authorize: () => bearer(options.apiKey),
      open: (request, context) => ({
        body: writeRequest(request, options.model, context),
        decoder: new AcmeDecoder(context),
      }),
      splitter: () => new JsonValues(),
    },
    options,
  )
}

/** `{"text"}`, `{"call": {"id", "name", "input"}}` or `{"done": "end" | "limit", "in", "out"}`. */
class AcmeDecoder extends AnswerDecoder {
  #calls = 0

  protected read(line: JsonObject): boolean {
    const { text, call, done } = line
    this.text('text-delta', text)
    if (call !== undefined) this.#readCall(fields(call))
    if (isText(done)) {
      this.done = true
      this.rawReason = done
      this.usage = usageOf({ inputTokens: line['in'], outputTokens: line['out'] })
    }
    return text !== undefined || call !== undefined || done !== undefined
  }

  protected judge(reason: string | null): Verdict {
    return reason === 'limit' ? 'length' : 'stop'
  }

  #readCall({ id, name, input }: JsonObject): void {
    const slot = this.slots.open(this.#calls++)
    this.slots.identify(slot, id, name)
    this.slots.input(slot, input)
    this.slots.announce(slot)
  }
}

function writeRequest(
  { system, messages, providerOptions = {} }: ModelRequest,
  model: string,
  context: DialectContext,
): JsonObject {
  const body: JsonObject = {
    model,
    ...(system !== undefined && { system }),
    tools: context.tools.map(({ wireName: name, description, schema }) => ({
      name,
      description,
      schema,
    })),
    history: messages.flatMap((message) => writeMessage(message, context)),
  }
  return join(body, providerOptions)
}

/** A message, and behind it exactly one result for each of its calls, whatever became of them. */
function writeMessage({ role, parts }: Message, { names }: DialectContext): readonly Json[] {
  const calls = parts.filter((part) => part.type === 'tool')
  const idOf = ({ toolCallId, providerToolCallId }: (typeof calls)[number]): string =>
    providerToolCallId ?? toolCallId
  return [
    {
      role,
      text: parts.map(spokenText).join(''),
      calls: calls.map((part) => ({
        id: idOf(part),
        name: names.toWire(part.toolName),
        input: argumentsOf(part),
      })),
    },
    ...calls.map((part) => ({
      role: 'result',
      id: idOf(part),
      text: plainText(resultParts(part)) ?? '[a picture or a file]',
    })),
  ]
}
