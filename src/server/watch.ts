import { newErrorId } from '../base/index.ts'
import { Observation, type ObservationOptions } from '../engine/index.ts'
import { type CircuitListener, type ErrorReport, Watch } from '../guards/index.ts'
import type { Observer } from '../ports/index.ts'
import type { HealthBook } from './health.ts'

interface WatchContext extends Omit<ObservationOptions, 'watch' | 'observer'> {
  readonly book: HealthBook
  readonly onError: (report: ErrorReport) => void
}

/** What tells the observer of a server, where it has one, and the books on its health. */
export function watchOf(
  { observer: hosts }: { readonly observer?: Observer },
  { book, onError, ...context }: WatchContext,
): { readonly observation: Observation; readonly onCircuit: CircuitListener } {
  const { world } = context
  const observer: Observer = {
    takesContent: hosts?.takesContent === true,
    observe(happening) {
      book.note(happening)
      return hosts?.observe(happening)
    },
    within: (id, work) => (hosts?.within ? hosts.within(id, work) : work()),
    traceparent(id) {
      try {
        return hosts?.traceparent?.(id)
      } catch (error) {
        onError({ errorId: newErrorId(world), error })
        return undefined
      }
    },
  }
  const watch = new Watch({ observer, world, onError })
  return {
    observation: new Observation({ ...context, watch, observer }),
    onCircuit: (toolName, state) =>
      watch.tell({ type: 'circuit-changed', at: world.now(), toolName, state }),
  }
}
