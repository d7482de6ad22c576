import type { ModelEvent } from '../ports/index.ts'
import type { TextCallWriter } from './_text-call-writer.ts'
import type { TextGrammar } from './_text-families.ts'
import { type Reading, type TextEnding, TextReader } from './_text-reader.ts'

/** The longest call, in characters; as long as the input of a call may be on any wire. */
const maxCallChars = 4 * 1024 * 1024

/** More white space than this is no gap between calls. */
const maxGapChars = 256

/** A place in the text where a call may begin, and what has to be tried there. */
interface Candidate {
  readonly reader: TextReader
  readonly grammars: readonly TextGrammar[]
  /** Which of the grammars is reading. */
  current: number
  reading: Reading<boolean>
  /** The place that the grammar which read furthest came to. */
  furthest: number
}

/** What stands before a place: only white space, the beginning of its line, or something. */
type Before = 'nothing' | 'line' | 'text'

/** Takes the calls out of a text that comes in pieces; all that is no call goes on as text, in its order. */
export class TextScanner {
  readonly #grammars: readonly TextGrammar[]
  readonly #calls: TextCallWriter
  readonly #emit: (event: ModelEvent) => void
  readonly #openings: RegExp
  readonly #longest: number
  #candidate: Candidate | undefined
  /** May be the beginning of an opening. */
  #held = ''
  /** White space behind a call, which goes with it unless text follows. */
  #gap: string | undefined
  #before: Before = 'nothing'

  constructor(
    grammars: readonly TextGrammar[],
    calls: TextCallWriter,
    emit: (event: ModelEvent) => void,
  ) {
    this.#grammars = grammars
    this.#calls = calls
    this.#emit = emit
    const openings = grammars.flatMap((grammar) => grammar.openings)
    this.#openings = new RegExp(
      openings.map((mark) => mark.replace(/[[{|.]/g, '\\$&')).join('|'),
      'g',
    )
    this.#longest = Math.max(...openings.map((mark) => mark.length))
  }

  push(text: string): void {
    let rest = text
    while (rest !== '')
      rest = this.#candidate ? this.#read(this.#candidate, rest) : this.#search(rest)
  }

  /** The text is over, as far as calls go. With `dropResidue`, a mark that is left over is not said. */
  settle(ending: TextEnding, dropResidue: boolean): void {
    for (let candidate = this.#candidate; candidate; candidate = this.#candidate) {
      const { reader } = candidate
      if (dropResidue && this.#isResidue(reader.since(0) + reader.rest)) {
        this.#candidate = undefined
        break
      }
      reader.ending = ending
      this.push(this.#advance(candidate) ?? '')
    }
    if (!dropResidue || !this.#isResidue(this.#held)) this.#say(this.#held)
    this.#held = ''
    this.#gap = undefined
  }

  /** Says what is text up to the next place where a call may begin; returns what stands from there on. */
  #search(text: string): string {
    const all = this.#held + text
    const found = this.#find(all)
    const at = found?.at ?? this.#partial(all)
    this.#say(all.slice(0, at))
    this.#held = found ? '' : all.slice(at)
    if (!found) return ''
    const reader = new TextReader()
    const { grammars, first } = found
    const reading = first.read(reader, this.#calls)
    this.#candidate = { reader, grammars, current: 0, reading, furthest: 0 }
    return all.slice(at)
  }

  #find(text: string):
    | {
        readonly at: number
        readonly first: TextGrammar
        readonly grammars: readonly TextGrammar[]
      }
    | undefined {
    this.#openings.lastIndex = 0
    for (let match = this.#openings.exec(text); match; match = this.#openings.exec(text)) {
      const at = match.index
      const grammars = this.#grammars.filter(
        ({ openings, where }) =>
          openings.some((mark) => text.startsWith(mark, at)) && this.#fits(where, text, at),
      )
      if (grammars[0]) return { at, first: grammars[0], grammars }
    }
    return undefined
  }

  /** Where an opening begins of which only the beginning has come; the length of `text` where none does. */
  #partial(text: string): number {
    for (let at = Math.max(0, text.length - this.#longest); at < text.length; at++) {
      const rest = text.slice(at)
      const begins = ({ openings, where }: TextGrammar): boolean =>
        openings.some((mark) => mark.startsWith(rest)) && this.#fits(where, text, at)
      if (this.#grammars.some(begins)) return at
    }
    return text.length
  }

  /** Whether a place in `text` is where a call has to be. */
  #fits(where: TextGrammar['where'], text: string, at: number): boolean {
    if (!where) return true
    const blank = where === 'line' ? ' \t\r' : ' \t\r\n'
    let before = at
    while (before > 0 && blank.includes(text.charAt(before - 1))) before--
    if (before > 0) return where === 'line' && text[before - 1] === '\n'
    return where === 'line' ? this.#before !== 'text' : this.#before === 'nothing'
  }

  /** Reads on; returns what stands behind. */
  #read(candidate: Candidate, piece: string): string {
    const { reader } = candidate
    const room = maxCallChars - reader.length
    reader.push(piece.slice(0, room))
    let rest = this.#advance(candidate)
    if (rest === undefined && piece.length > room) {
      reader.ending = 'cut'
      rest = this.#advance(candidate)
    }
    return (rest ?? '') + piece.slice(room)
  }

  /** Reads as far as there is text; returns what stands behind, once it is known what is a call. */
  #advance(candidate: Candidate): string | undefined {
    const { reader, grammars } = candidate
    for (;;) {
      const step = candidate.reading.next()
      if (!step.done) return undefined
      if (step.value) {
        this.#gap = ''
        this.#before = 'text'
        break
      }
      candidate.furthest = Math.max(candidate.furthest, reader.position)
      reader.back(0)
      const next = grammars[++candidate.current]
      if (next) candidate.reading = next.read(reader, this.#calls)
      else {
        // No call begins inside of what a grammar read, so that no grammar reads any text twice.
        this.#say(reader.take(candidate.furthest))
        break
      }
    }
    this.#candidate = undefined
    return reader.rest
  }

  #isResidue(text: string): boolean {
    const mark = text.trim()
    return mark !== '' && this.#grammars.some(({ residue }) => residue?.test(mark))
  }

  #say(text: string): void {
    const line = text.slice(text.lastIndexOf('\n') + 1)
    if (line.trim() !== '') this.#before = 'text'
    else if (line !== text && (this.#before !== 'nothing' || text.trim() !== ''))
      this.#before = 'line'
    const said = (this.#gap ?? '') + text
    if (this.#gap !== undefined && said.length < maxGapChars && said.trim() === '') {
      this.#gap = said
      return
    }
    this.#gap = undefined
    if (said !== '') this.#emit({ type: 'text-delta', text: said })
  }
}
