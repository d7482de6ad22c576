const seconds = 60
const height = 40
/** The top of the chart where there is little to see, in turns per second. */
const leastTop = 10

const svgNamespace = 'http://www.w3.org/2000/svg'

/** Bars of the last minute, one for each second, the newest at the right. */
export class Chart {
  readonly root: SVGSVGElement = document.createElementNS(svgNamespace, 'svg')
  readonly #bars: readonly SVGRectElement[]

  constructor(label: string) {
    this.root.classList.add('chart')
    this.root.setAttribute('viewBox', `0 0 ${seconds} ${height}`)
    this.root.setAttribute('preserveAspectRatio', 'none')
    this.root.role = 'img'
    this.root.ariaLabel = label
    this.#bars = Array.from({ length: seconds }, (_, second) => {
      const bar = document.createElementNS(svgNamespace, 'rect')
      bar.setAttribute('x', String(second + 0.1))
      bar.setAttribute('width', '0.8')
      return bar
    })
    this.root.append(...this.#bars)
  }

  show(rates: readonly number[]): void {
    const top = Math.max(leastTop, ...rates)
    const shift = seconds - rates.length
    for (const [second, bar] of this.#bars.entries()) {
      const tall = ((rates[second - shift] ?? 0) / top) * height
      bar.setAttribute('y', String(height - tall))
      bar.setAttribute('height', String(tall))
    }
  }
}
