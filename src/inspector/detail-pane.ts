import type { RecordedLine } from '../testing/index.ts'
import type { CallTrace } from './call-traces.ts'
import type { LineInfo } from './describe-line.ts'
import { create } from './nodes.ts'
import { duration, visibleJson, visibleText } from './visible-text.ts'

/** All that is known of one call or one frame, as text. */
export class DetailPane {
  readonly element: HTMLElement
  readonly #body = create('div', {
    class: 'rows',
    tabindex: '0',
    role: 'group',
    'aria-label': 'Detail',
  })
  #drawn = ''

  constructor() {
    this.element = create('section', { class: 'detail', 'aria-label': 'Detail' }, [
      create('header', {}, [create('h2', {}, ['Detail'])]),
      this.#body,
    ])
    this.showNothing()
  }

  showNothing(): void {
    const text = 'Choose a call or a frame.'
    this.#draw(text, () => [create('p', { class: 'empty' }, [text])])
  }

  showLine(line: RecordedLine, { title }: LineInfo): void {
    const content = 'way' in line ? line.frame : line
    const facts = {
      way: 'way' in line ? { up: 'to the server', down: 'from the server' }[line.way] : 'link',
      link: String(line.link),
      at: duration(line.at),
    }
    this.#draw(JSON.stringify(line), () => [
      heading(title),
      table(facts),
      payload('Frame', content),
    ])
  }

  showCall(call: CallTrace): void {
    const { toolName, state, segments, outcome, input, ...rest } = call
    const facts = {
      state,
      executor: [rest.executor, rest.holder].filter(Boolean).join(' · '),
      attempts: String(rest.attempts),
      repairs: String(rest.repairs),
      ...Object.fromEntries(spent(segments).map(([name, ms]) => [name, duration(ms)])),
      'in all': duration(rest.durationMs),
      call: rest.callId,
      turn: rest.turnId,
    }
    this.#draw(JSON.stringify(call), () => [
      heading(toolName),
      table(facts),
      payload('Input', input),
      ...(outcome ? [payload('Outcome', outcome)] : []),
    ])
  }

  /** A text that is to be copied by hand, already selected. */
  showText(title: string, text: string): void {
    const area = create('textarea', { readonly: '', rows: '20', 'aria-label': title })
    area.value = text
    this.#draw(`text ${text}`, () => [heading(title), area])
    area.focus()
    area.select()
  }

  /** Leaves standing what shows the same already, and what a person has selected in it. */
  #draw(key: string, content: () => Node[]): void {
    if (key === this.#drawn) return
    this.#drawn = key
    this.#body.replaceChildren(...content())
    this.#body.scrollTop = 0
  }
}

/** How long the call stood in each state, where it was in one more than once the sum. */
function spent(segments: CallTrace['segments']): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>()
  for (const { state, from, to } of segments) sums.set(state, (sums.get(state) ?? 0) + to - from)
  return [...sums]
}

function heading(text: string): HTMLElement {
  return create('h3', {}, [visibleText(text)])
}

function table(facts: Readonly<Record<string, string>>): HTMLElement {
  const pairs = Object.entries(facts).filter(([, value]) => value !== '')
  return create(
    'dl',
    {},
    pairs.flatMap(([name, value]) => [
      create('dt', {}, [name]),
      create('dd', {}, [visibleText(value)]),
    ]),
  )
}

function payload(title: string, value: unknown): HTMLElement {
  return create('figure', {}, [
    create('figcaption', {}, [title]),
    create('pre', {}, [visibleJson(value)]),
  ])
}
