import type { CallState } from '../protocol/index.ts'

/** Every text of the parts, so that a host can say it in its own words. What stands in `{}` is filled in. */
export interface ToolStrings {
  /** What is said of a call in each state. */
  readonly states: Readonly<Record<CallState, string>>
  /** What to do about a failure, by error code; `default` for any other code. */
  readonly advice: Readonly<Record<string, string>>
  readonly timeline: string
  readonly empty: string
  readonly input: string
  readonly output: string
  readonly progress: string
  /** Of the time that a call has run. */
  readonly elapsed: string
  readonly minutes: string
  readonly seconds: string
  /** Said once, when a fifth of the time is left. */
  readonly deadline: string
  readonly question: string
  readonly undoQuestion: string
  readonly approve: string
  readonly approveForSession: string
  readonly approveAlways: string
  readonly deny: string
  readonly edit: string
  readonly editLabel: string
  readonly approveEdited: string
  readonly discard: string
  readonly notAnObject: string
  readonly memberRemoved: string
  readonly cancel: string
  readonly undo: string
  readonly undoing: string
  readonly undone: string
  readonly undoUnknown: string
  readonly undoFailed: string
  /** Of a command that the server refused. */
  readonly refused: string
  readonly image: string
  /** Beside an image that is not loaded, because where it lies was not allowed. */
  readonly imageBlocked: string
  readonly cut: string
}

/** What a host gives in place of some of the texts. */
export type OwnStrings = Partial<Omit<ToolStrings, 'states' | 'advice'>> & {
  readonly states?: Partial<ToolStrings['states']>
  readonly advice?: ToolStrings['advice']
}

const nothingRan = 'Nothing was run. The assistant may try again by itself.'
const mayHaveHappened = 'It may have had its effect. Check before you repeat it.'

const english: ToolStrings = {
  states: {
    'input-streaming': 'Preparing',
    'input-available': 'Preparing',
    'approval-requested': 'Needs your approval',
    queued: 'Waiting to run',
    executing: 'Running',
    'output-available': 'Done',
    'output-error': 'Failed',
    denied: 'Not allowed',
    cancelled: 'Cancelled',
    'timed-out': 'Took too long',
    'outcome-unknown': 'Outcome unknown',
    'input-invalid': 'Not run',
  },
  advice: {
    default: 'Ask again, or go on without it.',
    'rate-limited': 'Try again in {time}.',
    'circuit-open': 'It failed too often and rests for a while. Try again later.',
    'not-permitted': 'Ask whoever manages your access.',
    'approval-expired': 'Nobody answered in time. Ask again if you still want it.',
    'not-started': 'Nothing that can run it was open. Open it, then ask again.',
    'timed-out': mayHaveHappened,
    'outcome-unknown': mayHaveHappened,
    interrupted: mayHaveHappened,
    'not-journaled': 'Nothing was run. Free some storage in this browser, then ask again.',
    'unknown-tool': nothingRan,
    'stale-tool': nothingRan,
    'invalid-input': nothingRan,
    'malformed-input': nothingRan,
    'truncated-input': nothingRan,
    'input-too-large': nothingRan,
    'repeated-call': nothingRan,
  },
  timeline: 'Tool calls',
  empty: 'No tool was called yet.',
  input: 'Input',
  output: 'Result',
  progress: 'Progress of {tool}',
  elapsed: 'Time so far',
  minutes: '{minutes} min {seconds} s',
  seconds: '{seconds} s',
  deadline: 'Little time is left: it is stopped in {time}.',
  question: 'May {tool} run with this input?',
  undoQuestion: 'May what {tool} did be taken back?',
  approve: 'Allow',
  approveForSession: 'Allow in this conversation',
  approveAlways: 'Always allow',
  deny: 'Don’t allow',
  edit: 'Change input',
  editLabel: 'Input of {tool}, as JSON',
  approveEdited: 'Allow as changed',
  discard: 'Discard changes',
  notAnObject: 'This is not a JSON object.',
  memberRemoved: '“{member}” is missing. Its value can be changed, but it cannot be taken out.',
  cancel: 'Cancel',
  undo: 'Undo',
  undoing: 'Taking it back',
  undone: 'Taken back',
  undoUnknown: 'Nobody knows whether it was taken back. Look at what it changed.',
  undoFailed: 'It was not taken back.',
  refused: 'That did not work: {why}',
  image: 'Image from {tool}',
  imageBlocked: 'Image, not loaded:',
  cut: '… and {count} more characters',
}

const known = new WeakMap<OwnStrings, ToolStrings>()

/** All texts, with those of the host in place of the English ones. */
export function stringsOf(own?: OwnStrings): ToolStrings {
  if (!own) return english
  const made = known.get(own) ?? {
    ...english,
    ...own,
    states: { ...english.states, ...own.states },
    advice: { ...english.advice, ...own.advice },
  }
  known.set(own, made)
  return made
}

export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  )
}
