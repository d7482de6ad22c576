import { describe, expect, test } from 'vitest'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { withTextCalls } from '../../src/models/text-calls.ts'
import { ask, split, violations } from './answer.ts'
import { type RecordedStream, bytesOf, recordedStreams } from './recorded-streams.ts'
import { families, tool } from './text-calls-setup.ts'

/** A stream whose text holds calls. */
interface TextCallStream extends RecordedStream {
  readonly expected: RecordedStream['expected'] & {
    readonly textToolCalls?: readonly { readonly name: string; readonly arguments: unknown }[]
  }
}

const streams: readonly TextCallStream[] = recordedStreams('openai-chat').filter(
  ({ expected }: TextCallStream) => expected.textToolCalls,
)

describe.skipIf(streams.length === 0)(
  'recorded streams (skipped where ../shared/fixtures is absent)',
  () => {
    test.each(streams)('$id has its calls at any byte split', async (stream) => {
      const { text, textToolCalls = [] } = stream.expected
      const tools = [tool('any'), ...textToolCalls.map(({ name }) => tool(name))]
      for (const seed of [1, 2, 3, 4, 5]) {
        const fetch = async (): Promise<Response> => new Response(split(bytesOf(stream), seed))
        const model = openaiChat({ model: 'm', fetch })
        const plain = await ask(model, { tools })
        expect(plain.calls).toEqual([])
        expect(plain.text).toBe(text)
        const answer = await ask(withTextCalls(model, { family: families }), { tools })
        expect(violations(answer)).toEqual([])
        expect(
          answer.calls.map((call) => ({ name: call.toolName, arguments: call.input })),
        ).toEqual(textToolCalls)
        expect(answer.text).toBe(textToolCalls.length > 0 ? '' : text)
        expect(answer.finish.reason).toBe(textToolCalls.length > 0 ? 'tool-calls' : 'stop')
      }
    })
  },
)
