import type { RecordedLine } from '../testing/index.ts'
import { type LineInfo, type LineKind, describeLine, lineKinds } from './describe-line.ts'
import { arrange, button, create, setText, walkByKeys } from './nodes.ts'
import { duration, visibleText } from './visible-text.ts'

/** What a line is called where people choose what they see. */
const labels: Readonly<Record<LineKind, string>> = {
  event: 'Events',
  command: 'Commands',
  reply: 'Replies',
  text: 'Text under way',
  link: 'Links',
  alive: 'Pings',
}

const pageSize = 300

/** The frames, the newest last, with filters. */
export class FramesPane {
  readonly element: HTMLElement
  readonly #list = create('ol', { class: 'rows' })
  readonly #count = create('span', { class: 'count' })
  readonly #query = create('input', {
    type: 'search',
    placeholder: 'Find in frames',
    'aria-label': 'Find in frames',
  })
  readonly #onlyCall = create('input', { type: 'checkbox' })
  readonly #empty = create('li', { class: 'empty' }, ['No frames.'])
  readonly #earlier: HTMLElement
  readonly #kinds = new Set<LineKind>(lineKinds.filter((kind) => kind !== 'alive'))
  readonly #onSelect: (line: RecordedLine) => void
  readonly #onChange: () => void
  readonly #rows = new WeakMap<RecordedLine, HTMLElement>()
  readonly #infos = new WeakMap<RecordedLine, LineInfo>()
  #found = new WeakMap<RecordedLine, boolean>()
  #shown = pageSize

  constructor(onSelect: (line: RecordedLine) => void, onChange: () => void) {
    this.#onSelect = onSelect
    this.#onChange = onChange
    const showMore = (): void => {
      this.#shown += pageSize
      onChange()
    }
    this.#earlier = create('li', { class: 'earlier' }, [button('Show earlier frames', showMore)])
    this.element = create('section', { class: 'frames', 'aria-label': 'Frames' }, [
      create('header', {}, [create('h2', {}, ['Frames']), this.#count, this.#query]),
      create('div', { class: 'filters', role: 'group', 'aria-label': 'Frames shown' }, [
        ...lineKinds.map((kind) => this.#kindBox(kind)),
        create('label', {}, [this.#onlyCall, 'Selected call only']),
      ]),
      this.#list,
    ])
    walkByKeys(this.#list)
    this.#onlyCall.addEventListener('change', onChange)
    this.#query.addEventListener('input', () => {
      this.#found = new WeakMap()
      onChange()
    })
  }

  render(
    lines: readonly RecordedLine[],
    {
      line: selected,
      callId,
    }: { readonly line: RecordedLine | null; readonly callId: string | null },
  ): void {
    const isAtEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 8
    this.#onlyCall.disabled = callId === null
    const onlyCall = this.#onlyCall.checked ? callId : null
    const chosen = lines.filter((line) => this.#isChosen(line, onlyCall))
    const rows = chosen.slice(-this.#shown).map((line) => {
      const row = this.#row(line)
      row.firstElementChild?.setAttribute('aria-pressed', String(line === selected))
      return row
    })
    setText(
      this.#count,
      chosen.length === lines.length ? `${lines.length}` : `${chosen.length} of ${lines.length}`,
    )
    const head = chosen.length > rows.length ? [this.#earlier] : []
    arrange(this.#list, rows.length > 0 ? [...head, ...rows] : [this.#empty])
    if (isAtEnd) this.#list.scrollTop = this.#list.scrollHeight
  }

  info(line: RecordedLine): LineInfo {
    const info = this.#infos.get(line) ?? describeLine(line)
    this.#infos.set(line, info)
    return info
  }

  #kindBox(kind: LineKind): HTMLElement {
    const box = create('input', { type: 'checkbox' })
    box.checked = this.#kinds.has(kind)
    box.addEventListener('change', () => {
      if (box.checked) this.#kinds.add(kind)
      else this.#kinds.delete(kind)
      this.#onChange()
    })
    return create('label', {}, [box, labels[kind]])
  }

  #isChosen(line: RecordedLine, callId: string | null): boolean {
    const info = this.info(line)
    if (!this.#kinds.has(info.kind)) return false
    if (callId !== null && info.callId !== callId) return false
    const words = this.#query.value.trim().toLowerCase()
    if (words === '') return true
    const known = this.#found.get(line)
    if (known !== undefined) return known
    const text = `${info.title} ${info.summary} ${JSON.stringify(line)}`.toLowerCase()
    const isFound = text.includes(words)
    this.#found.set(line, isFound)
    return isFound
  }

  #row(line: RecordedLine): HTMLElement {
    const standing = this.#rows.get(line)
    if (standing) return standing
    const { title, summary } = this.info(line)
    const way = 'way' in line ? line.way : 'link'
    const sign = { up: '↑', down: '↓', link: '·' }[way]
    const said = { up: 'sent', down: 'received', link: 'link' }[way]
    const row = button('', () => this.#onSelect(line), 'row frame')
    row.append(
      create('span', { class: 'at' }, [duration(line.at)]),
      create('span', { class: `way ${way}`, role: 'img', 'aria-label': said }, [sign]),
      create('span', { class: 'title' }, [visibleText(title)]),
      create('span', { class: 'summary' }, [visibleText(summary)]),
    )
    const item = create('li', {}, [row])
    this.#rows.set(line, item)
    return item
  }
}
