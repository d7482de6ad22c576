/**
 * What a guide tells its reader to do. In a `sh` block each line is a command; a `ts` block is a file, and a `diff`
 * block is a change of one, which the sentence before it names at its end: "Write this to `my-app/src/main.ts`:".
 */
export interface Guide {
  /** The numbered sections, in order, which are counted and timed. */
  readonly steps: readonly GuideStep[]
  /** What the sections behind them tell to do. */
  readonly afterwards: readonly Action[]
  /** The title and the lines of each step, as the table of the guide has them. */
  readonly table: readonly { readonly title: string; readonly lines: number }[]
}

export interface GuideStep {
  readonly title: string
  readonly actions: readonly Action[]
  /** Lines to write, without the empty ones. */
  readonly lines: number
}

export type Action =
  | { readonly type: 'run'; readonly command: string }
  | { readonly type: 'write'; readonly file: string; readonly text: string }
  | { readonly type: 'change'; readonly file: string; readonly edits: readonly Edit[] }

/** Lines that stand together, and what stands there instead. */
export interface Edit {
  readonly removed: string
  readonly added: string
}

export function readGuide(markdown: string): Guide {
  const [head = '', ...sections] = markdown.split(/^## /m)
  const isNumbered = (section: string): boolean => /^\d+\. /.test(section)
  return {
    steps: sections.filter(isNumbered).map(readStep),
    afterwards: sections.filter((section) => !isNumbered(section)).flatMap(actionsOf),
    table: [...head.matchAll(/^\| (\d+\. .*?) *\| (\d+) /gm)].map(([, title = '', lines]) => ({
      title,
      lines: Number(lines),
    })),
  }
}

function readStep(section: string): GuideStep {
  const [title = ''] = section.split('\n', 1)
  const actions = actionsOf(section)
  const written = actions.map((action) => (action.type === 'write' ? action.text : ''))
  const lines = written.join('\n').split('\n')
  return { title, actions, lines: lines.filter((line) => line.trim()).length }
}

/** A block of any other kind would be read by people and tried by nobody, so there is none. */
function actionsOf(section: string): readonly Action[] {
  const blocks = section.matchAll(/^```(.*)\n([^]*?)^```$/gm)
  return [...blocks].flatMap(({ 1: language = '', 2: text = '', index }): readonly Action[] => {
    if (language === 'sh') return commandsOf(text)
    const [, file] = /`([\w./-]+)`:\s+$/.exec(section.slice(0, index)) ?? []
    if (!file) throw new Error(`The sentence before this block names no file at its end:\n${text}`)
    if (language === 'ts') return [{ type: 'write', file, text }]
    if (language === 'diff') return [{ type: 'change', file, edits: editsOf(text) }]
    throw new Error(`Nobody would try a block of "${language}":\n${text}`)
  })
}

function commandsOf(text: string): readonly Action[] {
  const commands = text.split('\n').filter((line) => line.trim())
  return commands.map((command) => ({ type: 'run', command }))
}

function editsOf(text: string): readonly Edit[] {
  return [...text.matchAll(/((?:^-.*\n)+)((?:^\+.*\n)*)/gm)].map(
    ([, removed = '', added = '']) => ({
      removed: removed.replaceAll(/^-/gm, ''),
      added: added.replaceAll(/^\+/gm, ''),
    }),
  )
}
