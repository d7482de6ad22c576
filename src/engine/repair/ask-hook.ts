import { ToolwireError, type World, canonicalJson, isObject } from '../../base/index.ts'
import { type CallDraft, unreadText, withInput } from './call-draft.ts'
import type { RepairHook, RepairRequest, RepairedCall } from './options.ts'
import { readInput } from './read-input.ts'

interface AskOptions {
  readonly hook: RepairHook
  readonly timeoutMs: number
  readonly world: World
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** What the hook says, or nothing; rejects where it throws, gives what is no call, or takes too long. */
export async function askHook(
  request: Omit<RepairRequest, 'signal'>,
  options: AskOptions,
): Promise<RepairedCall | null> {
  const answer = await inTime((signal) => options.hook({ ...request, signal }), options)
  if (answer === undefined || answer === null) return null
  if (!isObject(answer)) throw noCall(`it is ${typeof answer}`)
  const { toolName, inputText, input } = answer
  if (toolName !== undefined && typeof toolName !== 'string')
    throw noCall('"toolName" is no string')
  if (inputText !== undefined && typeof inputText !== 'string')
    throw noCall('"inputText" is no string')
  if (input !== undefined && !isObject(input)) throw noCall('"input" is no object')
  return answer
}

/** `draft` as the hook wants it. Throws `INVALID_INPUT` for an input that JSON cannot carry. */
export function answeredDraft(draft: CallDraft, answer: RepairedCall): CallDraft {
  const { toolName = draft.toolName, input, inputText } = answer
  const named = { ...draft, toolName }
  // A hook that spreads the call it got hands the old input back beside a new text.
  if (inputText !== undefined) return withText(named, inputText)
  if (input === undefined) return named
  canonicalJson(input)
  return withText(named, JSON.stringify(input))
}

function withText(draft: CallDraft, inputText: string): CallDraft {
  const read = readInput(inputText, new Set())
  const [input] = 'inputs' in read ? read.inputs : []
  return input ? withInput({ ...draft, inputText }, input) : unreadDraft({ ...draft, inputText })
}

function unreadDraft({ input: _, ...draft }: CallDraft): CallDraft {
  return { ...draft, unread: unreadText(draft.inputText) }
}

async function inTime<T>(
  work: (signal: AbortSignal) => T | Promise<T>,
  { world, signal, timeoutMs }: AskOptions,
): Promise<T> {
  const controller = new AbortController()
  let giveUp: (error: ToolwireError) => void = () => {}
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = reject
  })
  const end = (message: string): void => {
    const error = new ToolwireError('ABORTED', message)
    controller.abort(error)
    giveUp(error)
  }
  const stopTimer = world.setTimer(timeoutMs, () =>
    end(`The repair hook gave no answer within ${timeoutMs} ms.`),
  )
  const onAbort = (): void => end('The turn was stopped.')
  signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([Promise.resolve(controller.signal).then(work), givenUp])
  } finally {
    stopTimer()
    signal.removeEventListener('abort', onAbort)
  }
}

function noCall(what: string): ToolwireError {
  return new ToolwireError('INVALID_INPUT', `The repair hook gave back no call: ${what}.`, {
    hint: 'Return `{ toolName?, input }`, or nothing.',
  })
}
