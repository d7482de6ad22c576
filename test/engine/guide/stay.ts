import type { Model } from '../../../src/index.ts'
import type { TurnView } from '../../../src/server/index.ts'

/** For `selectModel`: the list, beginning with the model that wrote the last step of this turn. */
export function stay(...models: readonly Model[]): (turn: TurnView) => readonly Model[] {
  return ({ steps }) => {
    const last = steps.at(-1)?.message.metadata.model
    return models.toSorted((a, b) => Number(b.id === last) - Number(a.id === last))
  }
}
