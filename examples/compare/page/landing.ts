import { byId, element } from '../../shared/element.ts'
import type { Output } from '../tools.ts'

export interface Asked {
  readonly toolCallId: string
  readonly toolName: string
  readonly input?: object
  readonly signal?: AbortSignal
}

/** The little landing page: what the tools do to it, in both apps. */
export interface Landing {
  /** Reports that a handler begins, and runs it. */
  readonly run: (asked: Asked) => Promise<Output>
}

const pieces = 16

export const landing: Landing = {
  async run({ toolCallId, toolName, input = {}, signal }) {
    // Counted outside of this page, also where it goes away right after.
    const init = { method: 'POST', body: toolCallId }
    void fetch(`${bench()}/runs`, { ...init, mode: 'no-cors', keepalive: true })
    const { text = '', title = '' } = Object.fromEntries(Object.entries(input))
    switch (toolName) {
      case 'set_headline':
        byId('headline', HTMLElement).textContent = text
        return { headline: text }
      case 'add_section': {
        const section = element('section')
        section.append(element('h3', '', title), element('p', '', text))
        byId('sections', HTMLElement).append(section)
        return { added: title }
      }
      case 'publish_page':
        return publish(signal)
      default:
        return {
          headline: byId('headline', HTMLElement).textContent ?? '',
          sections: byId('sections', HTMLElement).childElementCount,
        }
    }
  },
}

async function publish(signal?: AbortSignal): Promise<Output> {
  const shown = byId('published', HTMLProgressElement)
  for (let published = 1; published <= pieces; published++) {
    shown.value = published
    await new Promise((resolve) => setTimeout(resolve, 150))
    if (signal?.aborted) return { published, of: pieces }
  }
  return { published: pieces, of: pieces }
}

/** The conversation that this page shows. */
export function chatId(): string {
  return new URLSearchParams(location.search).get('chat') ?? 'chat'
}

/** Where runs are counted. */
export function bench(): string {
  return document.documentElement.dataset['bench'] ?? ''
}
