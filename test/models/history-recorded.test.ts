// Requests that real servers answered: the validators take them too.
import { describe, expect, test } from 'vitest'
import { type HistoryFormat, historyValidators } from '../../src/testing/index.ts'
import { type RecordedStream, recordedStreams } from './recorded-streams.ts'

interface RecordedRequest extends RecordedStream {
  readonly provider: string
  readonly model: string
  readonly request?: Readonly<Record<string, unknown>> | null
}

const lists = ['messages', 'input', 'contents']

/** Whole requests with a history; Writer takes calls without ids, which it gives itself. */
function requestsOf(format: HistoryFormat): readonly RecordedRequest[] {
  // The index has more fields than a stream needs.
  return (recordedStreams(format) as readonly RecordedRequest[]).filter(
    ({ request, provider }) =>
      request &&
      lists.some((list) => list in request) &&
      !JSON.stringify(request).includes('_trimmed') &&
      provider !== 'writer',
  )
}

const formats = [
  'openai-chat',
  'openai-responses',
  'anthropic',
  'gemini',
  'ollama',
  'cohere-v2',
] as const
const recorded = formats.map((format) => [format, requestsOf(format)] as const)

describe.skipIf(recorded.every(([, requests]) => requests.length === 0))(
  'requests that servers answered (skipped where ../shared/fixtures is absent)',
  () => {
    test.each(recorded)('%s', (format, requests) => {
      const refused = requests.flatMap(({ id, model, request }) => {
        const flavor = /gemini-[12]/.test(model) ? 'gemini-2' : undefined
        const problems = historyValidators[format](request, { flavor })
        return problems.length > 0 ? [{ id, problems }] : []
      })
      expect(refused).toEqual([])
    })
  },
)
