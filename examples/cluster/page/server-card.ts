import { element, setText } from '../../shared/element.ts'
import type { ServerPicture } from '../picture.ts'
import { Chart } from './chart.ts'

const stateTexts = { starting: 'starting', serving: 'serving', dead: 'killed' }

/** One server: how it is, how much it does, and the switch that kills it. */
export class ServerCard {
  readonly root: HTMLElement = element('article', 'server')
  readonly #state = element('span', 'state')
  readonly #facts = element('p', 'facts')
  readonly #rate = element('strong', 'number', '0')
  readonly #chart: Chart
  readonly #kill: HTMLButtonElement

  constructor(number: number, kill: () => void) {
    const name = `Server ${number}`
    this.root.ariaLabel = name
    this.#chart = new Chart(`Turns per second of ${name} in the last minute`)
    this.#kill = element('button', 'kill', `Kill ${name.toLowerCase()}`)
    this.#kill.type = 'button'
    this.#kill.addEventListener('click', () => {
      // Not `disabled`, which would take the focus away from whoever pressed it.
      if (this.#kill.ariaDisabled !== 'true') kill()
    })
    const head = element('div', 'head')
    head.append(element('h2', '', name), this.#state)
    const rate = element('p', 'rate')
    rate.append(this.#rate, element('span', '', 'turns per second'))
    this.root.append(head, this.#facts, rate, this.#chart.root, this.#kill)
  }

  show(server: ServerPicture): void {
    const { state, rates } = server
    this.root.dataset['state'] = state
    setText(this.#state, stateTexts[state])
    setText(this.#facts, factsOf(server))
    setText(this.#rate, state === 'serving' ? lately(rates).toFixed(1) : '0')
    this.#chart.show(rates)
    this.#kill.ariaDisabled = String(state !== 'serving')
  }
}

function factsOf({ state, port, pid, backInMs, turns }: ServerPicture): string {
  const done = `${turns.toLocaleString('en')} turns ended here`
  if (state === 'dead') return `Back in ${Math.ceil((backInMs ?? 0) / 1_000)} s · ${done}`
  return `Port ${port}${pid === undefined ? '' : ` · process ${pid}`} · ${done}`
}

/** The mean of some seconds, since one alone says little. */
function lately(rates: readonly number[]): number {
  const last = rates.slice(-3)
  return last.reduce((sum, rate) => sum + rate, 0) / Math.max(1, last.length)
}
