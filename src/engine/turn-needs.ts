import type { Message, MessagePart, ResultPart, ToolDescriptor } from '../protocol/index.ts'
import type { TurnNeeds } from './options.ts'

type Measure = Omit<TurnNeeds, 'tools'>

/** What the request that is due asks of a model. A long history is measured once, message by message. */
export function turnNeeds({
  system = '',
  messages,
  tools,
}: {
  readonly system: string | undefined
  readonly messages: readonly Message[]
  readonly tools: readonly ToolDescriptor[]
}): TurnNeeds {
  const sent = total(messages.map(measured))
  const ofTools = tools.reduce((sum, tool) => sum + size(tool), 0)
  return { ...sent, chars: sent.chars + ofTools + system.length, tools: tools.length > 0 }
}

// Messages of turns that are over never change, and neither do the values in those of the running one.
const measures = new WeakMap<Message, Measure>()
const sizes = new WeakMap<object, number>()

function measured(message: Message): Measure {
  const known = measures.get(message)
  if (known) return known
  const measure = total(message.parts.map(measureOf))
  measures.set(message, measure)
  return measure
}

function measureOf(part: MessagePart): Measure {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return ofText(part.text.length)
    // Where reasoning goes back, it goes as the state that came with it.
    case 'reasoning':
      return ofText(0)
    case 'provider-state':
      return ofText(size(part.state))
    case 'file':
      return ofMedia(part.mediaType)
    case 'tool':
      return total([
        ofText(size(part.input) + (part.inputText ?? '').length + (part.errorText ?? '').length),
        ...(part.modelOutput?.map(ofResult) ?? [ofText(size(part.output))]),
      ])
  }
}

function ofResult(part: ResultPart): Measure {
  if (part.type === 'text') return ofText(part.text.length)
  return part.type === 'json' ? ofText(size(part.value)) : ofMedia(part.mediaType)
}

function ofText(chars: number): Measure {
  return { images: false, files: false, chars }
}

function ofMedia(mediaType: string): Measure {
  const images = mediaType.startsWith('image/')
  return { images, files: !images, chars: 0 }
}

function total(all: readonly Measure[]): Measure {
  return {
    images: all.some(({ images }) => images),
    files: all.some(({ files }) => files),
    chars: all.reduce((sum, { chars }) => sum + chars, 0),
  }
}

/** About how many characters a value has as JSON. */
function size(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  const known = sizes.get(value)
  if (known !== undefined) return known
  const chars = JSON.stringify(value).length
  sizes.set(value, chars)
  return chars
}
