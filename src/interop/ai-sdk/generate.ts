import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  SharedV4Warning,
} from '@ai-sdk/provider'
import { ignore } from '../../models/index.ts'
import { endedEarly } from './failures.ts'

type Said = Extract<LanguageModelV4Content, { type: 'text' | 'reasoning' }>

/** The parts of an answer in one. Throws what an `error` part reports. */
export async function gather(
  stream: ReadableStream<LanguageModelV4StreamPart>,
): Promise<LanguageModelV4GenerateResult> {
  const content: LanguageModelV4Content[] = []
  let warnings: SharedV4Warning[] = []
  let end: Extract<LanguageModelV4StreamPart, { type: 'finish' }> | undefined
  const reader = stream.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const part = next.value
      if (part.type === 'error') throw part.error
      if (part.type === 'stream-start') ({ warnings } = part)
      if (part.type === 'finish') end = part
      add(part, content)
    }
  } finally {
    void reader.cancel().catch(ignore)
  }
  // A stream of ours throws before it ends without one.
  if (!end) throw endedEarly()
  const { finishReason, usage, providerMetadata } = end
  return { content, finishReason, usage, warnings, ...(providerMetadata && { providerMetadata }) }
}

/** Blocks of a {@link PartWriter} come one behind the other. */
function add(part: LanguageModelV4StreamPart, content: LanguageModelV4Content[]): void {
  if (part.type === 'text-start' || part.type === 'reasoning-start') {
    const { providerMetadata } = part
    const type = part.type === 'text-start' ? 'text' : 'reasoning'
    content.push({ type, text: '', ...(providerMetadata && { providerMetadata }) })
  } else if (part.type === 'text-delta' || part.type === 'reasoning-delta') {
    const last = content.at(-1)
    if (isSaid(last)) last.text += part.delta
  } else if (part.type === 'tool-call' || part.type === 'custom') content.push(part)
}

function isSaid(content: LanguageModelV4Content | undefined): content is Said {
  return content?.type === 'text' || content?.type === 'reasoning'
}
