import { ToolwireError, isToolwireError } from '../base/index.ts'
import type { RecordedLine } from '../testing/index.ts'
import { CallsPane } from './calls-pane.ts'
import { type CallTrace, callTraces } from './call-traces.ts'
import { DetailPane } from './detail-pane.ts'
import { type FrameLog, type LiveRecording, logText } from './frame-log.ts'
import { FramesPane } from './frames-pane.ts'
import { button, create } from './nodes.ts'
import { openLog } from './open-log.ts'
import { styleSheet } from './style-sheet.ts'
import { fixtureProblem, testFixture } from './test-fixture.ts'

/** An inspector in a page. */
export interface Inspector {
  /** Shows `log`, or the JSON lines of one, in place of what is shown. Throws `INVALID_OPTIONS` as {@link openLog}. */
  show(log: FrameLog | string): void
  /** Takes it out of the page. */
  close(): void
}

/**
 * Puts an inspector into `element`: the calls as a timeline, the frames, and one of either in detail. It shows
 * the `log` that {@link inspect} makes while it grows, or one that was kept, or waits for one to be opened. The
 * element gives it its size; `--toolwire-inspector-scheme` in its style, `light` or `dark`, overrules the system.
 */
export function mountInspector(element: Element, log?: FrameLog | string): Inspector {
  return new View(element, log)
}

type Selection =
  | { readonly type: 'call'; readonly callId: string }
  | { readonly type: 'line'; readonly line: RecordedLine }
  /** What is shown is no part of the log. */
  | { readonly type: 'text' }

const nothingYet: FrameLog = { lines: [], dropped: 0, hasLinks: true, redaction: {} }
const maxFileBytes = 64 * 1024 * 1024

class View implements Inspector {
  readonly #host = create('div')
  readonly #root = create('div', { class: 'inspector' })
  readonly #status = create('p', { role: 'status' })
  readonly #calls: CallsPane
  readonly #frames: FramesPane
  readonly #detail = new DetailPane()
  readonly #live: FrameLog | null
  readonly #back: HTMLButtonElement
  #log: FrameLog = nothingYet
  #selection: Selection | null = null
  #unsubscribe = (): void => {}
  #frame = 0
  #traced: {
    readonly last: RecordedLine | undefined
    readonly traces: readonly CallTrace[]
  } | null = null

  constructor(element: Element, log: FrameLog | string = nothingYet) {
    const first = typeof log === 'string' ? openLog(log) : log
    this.#live = isLive(first) ? first : null
    this.#calls = new CallsPane((callId) => this.#select({ type: 'call', callId }))
    this.#frames = new FramesPane(
      (line) => this.#select({ type: 'line', line }),
      () => this.#render(),
    )
    this.#back = button('Back to live', () => this.show(this.#live ?? nothingYet))
    this.#build()
    element.append(this.#host)
    this.show(first)
    if (first === nothingYet) this.#say('Open a log, or drop its file here.')
  }

  show(log: FrameLog | string): void {
    const next = typeof log === 'string' ? openLog(log) : log
    this.#unsubscribe()
    this.#log = next
    this.#selection = null
    this.#traced = null
    if (isLive(next)) this.#unsubscribe = next.subscribe(() => this.#renderSoon())
    this.#back.hidden = this.#live === null || next === this.#live
    this.#render()
  }

  close(): void {
    this.#unsubscribe()
    cancelAnimationFrame(this.#frame)
    this.#host.remove()
  }

  #build(): void {
    const file = create('input', {
      type: 'file',
      accept: '.jsonl,.ndjson,.log,.txt,.json',
      hidden: '',
    })
    file.addEventListener('change', () => {
      const [chosen] = file.files ?? []
      file.value = ''
      if (chosen) void this.#openFile(chosen)
    })
    this.#root.append(
      create('div', { class: 'bar-of-tools', role: 'toolbar', 'aria-label': 'Inspector' }, [
        create('h1', {}, ['Toolwire']),
        button('Open log…', () => file.click()),
        button('Save', () => this.#save()),
        button('Copy as test fixture', () => void this.#copyFixture()),
        this.#back,
        file,
        this.#status,
      ]),
      this.#calls.element,
      this.#frames.element,
      this.#detail.element,
    )
    this.#root.addEventListener('dragover', (event) => event.preventDefault())
    this.#root.addEventListener('drop', (event) => {
      event.preventDefault()
      const [dropped] = event.dataTransfer?.files ?? []
      if (dropped) void this.#openFile(dropped)
    })
    const shadow = this.#host.attachShadow({ mode: 'open' })
    shadow.adoptedStyleSheets = [styleSheet()]
    shadow.append(this.#root)
  }

  #select(selection: Selection): void {
    this.#selection = selection
    this.#render()
  }

  #renderSoon(): void {
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      this.#render()
    })
  }

  #render(): void {
    const { lines } = this.#log
    const selected = this.#selection
    const line = selected?.type === 'line' ? selected.line : null
    const callId =
      selected?.type === 'call' ? selected.callId : line && this.#frames.info(line).callId
    const traces = this.#traces()
    this.#calls.render(traces, callId)
    this.#frames.render(lines, { line, callId })
    if (selected?.type === 'text') return
    const call = line ? undefined : traces.find((one) => one.callId === callId)
    if (line) this.#detail.showLine(line, this.#frames.info(line))
    else if (call) this.#detail.showCall(call)
    else this.#detail.showNothing()
  }

  /** Made anew where a line came. */
  #traces(): readonly CallTrace[] {
    const { lines } = this.#log
    const last = lines.at(-1)
    if (this.#traced?.last !== last || !this.#traced)
      this.#traced = { last, traces: callTraces(lines) }
    return this.#traced.traces
  }

  async #openFile(file: File): Promise<void> {
    try {
      if (file.size > maxFileBytes)
        throw new ToolwireError('INVALID_OPTIONS', `"${file.name}" has more than 64 MB.`)
      this.show(openLog(await file.text(), this.#live?.redaction))
      this.#say(`${file.name}: ${this.#log.lines.length} lines.`)
    } catch (error) {
      this.#say(isToolwireError(error) ? error.message : `"${file.name}" cannot be read.`)
    }
  }

  #save(): void {
    const blob = new Blob([logText(this.#log)], { type: 'application/x-ndjson' })
    const url = URL.createObjectURL(blob)
    create('a', { href: url, download: 'toolwire-log.jsonl' }).click()
    URL.revokeObjectURL(url)
    const { dropped, lines } = this.#log
    const missing = dropped > 0 ? `; ${dropped} lines are not kept` : ''
    this.#say(`Saved ${lines.length} lines${missing}.`)
  }

  async #copyFixture(): Promise<void> {
    const code = testFixture(this.#log)
    if (code === null) return this.#say(fixtureProblem(this.#log) ?? '')
    try {
      await navigator.clipboard.writeText(code)
      this.#say(`Copied a fixture of ${this.#log.lines.length} lines.`)
    } catch {
      // A page that is no secure context has no clipboard, and a person may refuse it.
      this.#select({ type: 'text' })
      this.#detail.showText('Test fixture', code)
      this.#say('The clipboard is closed to this page: copy the text.')
    }
  }

  #say(text: string): void {
    this.#status.textContent = text
  }
}

function isLive(log: FrameLog): log is LiveRecording {
  return 'subscribe' in log
}
