import type { CallTrace } from './call-traces.ts'
import { arrange, create, setText, walkByKeys } from './nodes.ts'
import { duration, visibleText } from './visible-text.ts'

/** The timeline: a row for each call, with a bar on the axis of its turn. */
export class CallsPane {
  readonly element: HTMLElement
  readonly #list = create('div', { class: 'rows' })
  readonly #empty = create('p', { class: 'empty' }, ['No calls yet.'])
  readonly #onSelect: (callId: string) => void
  readonly #rows = new Map<string, CallRow>()
  readonly #turns = new Map<string, TurnGroup>()

  constructor(onSelect: (callId: string) => void) {
    this.#onSelect = onSelect
    this.element = create('section', { class: 'calls', 'aria-label': 'Calls' }, [
      create('header', {}, [create('h2', {}, ['Calls'])]),
      this.#list,
    ])
    walkByKeys(this.#list)
  }

  render(traces: readonly CallTrace[], selected: string | null): void {
    const turns = byTurn(traces)
    let number = 0
    const groups = [...turns].map(([id, calls]) => {
      const name = calls[0]?.isUndo ? 'Undo' : `Turn ${++number}`
      const group = kept(this.#turns, id, () => new TurnGroup())
      const start = Math.min(...calls.map(({ segments }) => segments[0]?.from ?? Infinity))
      const end = Math.max(...calls.map(endOf))
      const axis = { start, span: Math.max(end - start, 1) }
      const rows = calls.map((call) => {
        const select = (): void => this.#onSelect(call.callId)
        const row = kept(this.#rows, call.callId, () => new CallRow(select))
        row.render(call, axis, call.callId === selected)
        return row.element
      })
      group.render(`${name} · ${clock(start)} · ${duration(end - start)}`, rows)
      return group.element
    })
    arrange(this.#list, groups.length > 0 ? groups : [this.#empty])
    drop(this.#turns, new Set(turns.keys()))
    drop(this.#rows, new Set(traces.map(({ callId }) => callId)))
  }
}

function byTurn(traces: readonly CallTrace[]): ReadonlyMap<string, readonly CallTrace[]> {
  const turns = new Map<string, CallTrace[]>()
  for (const trace of traces) {
    const id = `${trace.isUndo ? 'undo' : 'turn'} ${trace.turnId}`
    kept(turns, id, () => []).push(trace)
  }
  return turns
}

/** The time that a bar covers. */
interface Axis {
  readonly start: number
  readonly span: number
}

class TurnGroup {
  readonly element: HTMLElement
  readonly #name = create('h3')
  readonly #list = create('ol')

  constructor() {
    this.element = create('div', { class: 'turn' }, [this.#name, this.#list])
  }

  render(name: string, rows: readonly Element[]): void {
    setText(this.#name, name)
    arrange(this.#list, rows)
  }
}

class CallRow {
  readonly element: HTMLElement
  readonly #button = create('button', { type: 'button', class: 'row call' })
  readonly #name = create('span', { class: 'name' })
  readonly #state = create('span')
  readonly #track = create('span', { class: 'track', 'aria-hidden': 'true' })
  readonly #facts = create('span', { class: 'facts' })

  constructor(onSelect: () => void) {
    this.#button.append(this.#name, this.#state, this.#track, this.#facts)
    this.#button.addEventListener('click', onSelect)
    this.element = create('li', {}, [this.#button])
  }

  render(call: CallTrace, axis: Axis, isSelected: boolean): void {
    setText(this.#name, visibleText(call.toolName))
    setText(this.#state, call.state)
    this.#state.className = `state s-${call.state}`
    setText(this.#facts, facts(call).join(' · '))
    this.#button.setAttribute('aria-pressed', String(isSelected))
    const parts = call.segments.map(({ state, from, to }) => {
      const bar = create('i', {
        class: `bar s-${state}`,
        title: `${state}: ${duration(to - from)}`,
      })
      bar.style.left = percent(from - axis.start, axis)
      bar.style.width = percent(to - from, axis)
      return bar
    })
    const end = create('i', { class: `end s-${call.state}` })
    end.style.left = percent(endOf(call) - axis.start, axis)
    this.#track.replaceChildren(...parts, end)
  }
}

function facts(call: CallTrace): string[] {
  const { executor, attempts, repairs, runMs, durationMs } = call
  return [
    executor,
    attempts === 1 ? '1 attempt' : `${attempts} attempts`,
    ...(repairs > 0 ? [repairs === 1 ? '1 repair' : `${repairs} repairs`] : []),
    ...(runMs === null ? [] : [`ran ${duration(runMs)}`]),
    `${duration(durationMs)} in all`,
  ]
}

function endOf({ segments }: CallTrace): number {
  return segments.at(-1)?.to ?? -Infinity
}

function percent(ms: number, { span }: Axis): string {
  return `${((ms / span) * 100).toFixed(2)}%`
}

function clock(at: number): string {
  const time = new Date(at)
  return Number.isNaN(time.getTime()) ? '' : time.toLocaleTimeString()
}

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  const value = map.get(key) ?? make()
  map.set(key, value)
  return value
}

function drop(map: Map<string, unknown>, keys: ReadonlySet<string>): void {
  for (const key of map.keys()) if (!keys.has(key)) map.delete(key)
}
