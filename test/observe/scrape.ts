/** One sample of a scrape, as Prometheus reads it. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The samples of a scrape in the text format of Prometheus, of one metric or of all. */
export function samplesOf(scrape: string, only?: string): readonly Sample[] {
  return scrape
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      if (name === '') throw new Error(`This is no sample: ${line}`)
      return { name, labels: labelsOf(labels), value: Number(value) }
    })
    .filter(({ name }) => only === undefined || name === only)
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', value = '']) => [
      key,
      value,
    ]),
  )
}

/** A metric that an expression in PromQL asks for, with what it asks of its labels. */
export interface Selector {
  readonly metric: string
  readonly matches: (labels: Sample['labels']) => boolean
  readonly labels: readonly string[]
}

/** The selectors of an expression, and the labels by which it groups. */
export function readQuery(query: string): {
  readonly selectors: readonly Selector[]
  readonly groupedBy: readonly string[]
} {
  const groupedBy = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  )
  const found = query.matchAll(/\b((?:toolwire|gen_ai)_\w+)(?:\{([^}]*)\})?(?!\w)/g)
  const selectors = [...found]
    .filter(([, metric = '']) => !groupedBy.includes(metric))
    .map(([, metric = '', text = '']) => selector(metric, text))
  return { selectors, groupedBy }
}

function selector(metric: string, text: string): Selector {
  const conditions = [...text.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)]
  const matches = (labels: Sample['labels']): boolean =>
    conditions.every(([, label = '', how = '', wanted = '']) => {
      const value = labels[label] ?? ''
      const isEqual = how.includes('~')
        ? new RegExp(`^(?:${wanted})$`).test(value)
        : value === wanted
      return isEqual !== how.startsWith('!')
    })
  return { metric, matches, labels: conditions.map(([, label = '']) => label) }
}
