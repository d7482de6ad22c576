import { ToolwireError } from '../base/index.ts'
import type { FinishReason, Model } from '../ports/index.ts'
import type { StepContent } from './step-content.ts'

/** Why people are told that an answer is not what they may expect. */
export interface AnswerProblem {
  /** Why the step finished. */
  readonly reason: FinishReason
  /** For the operator. */
  readonly error: unknown
  /** For people; without its full stop, since an id follows. */
  readonly text: string
}

/** What is wrong with an answer, so that no turn ends in silence; `null` where nothing is. */
export function problemOf({
  model,
  content,
  error,
}: {
  readonly model?: Model
  readonly content: StepContent
  readonly error: unknown
}): AnswerProblem | null {
  if (error !== null) return { reason: 'error', error, text: 'The model could not answer' }
  const { finish, isSilent } = content
  const name = `the model "${model?.id}"`
  if (finish?.reason === 'content-filter')
    return {
      reason: 'content-filter',
      error: new ToolwireError(
        'MODEL_PROVIDER',
        `The provider stopped the answer of ${name} (${finish.rawReason}).`,
        { hint: 'Its filter objects to the answer or to what was asked; change the latter.' },
      ),
      text: 'The answer was stopped by a filter of the provider',
    }
  if (finish?.reason === 'length' && isSilent)
    return {
      reason: 'length',
      error: new ToolwireError(
        'MODEL_PROVIDER',
        `The output limit of ${name} was used up before it said anything.`,
        { hint: 'Raise the limit, or let the model think less.' },
      ),
      text: 'The model came to its limit before it said anything',
    }
  return null
}
