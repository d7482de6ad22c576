import { systemWorld } from '../../base/index.ts'
import type { Store } from '../../ports/index.ts'
import { demand, demandEqual } from '../suite-case.ts'
import type { StoreCase } from './bench.ts'
import { events } from './events.ts'

/** Resolves once somebody commits to the conversation, or fails the case. */
function told(store: Store, id: string, patienceMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      stop()
      cancel()
    }
    const stop = store.watch(id, () => {
      end()
      resolve()
    })
    const cancel = systemWorld.setTimer(patienceMs, () => {
      end()
      try {
        demand(false, `Nobody was told of a commit to "${id}" within ${patienceMs} ms.`)
      } catch (error) {
        reject(error)
      }
    })
  })
}

export function watchCases(patienceMs: number): readonly StoreCase[] {
  return [
    {
      name: 'tells whoever watches, until they stop',
      run: async ({ store }) => {
        let count = 0
        const stop = store.watch('a', () => count++)
        const first = told(store, 'a', patienceMs)
        await store.commit('a', 0, events(1))
        await first
        demand(count > 0, 'Of two who watch only one was told.')
        stop()
        const before = count
        const second = told(store, 'a', patienceMs)
        await store.commit('a', 1, events(1))
        await second
        demandEqual(count, before, 'How often one was told who had stopped')
      },
    },
    {
      name: 'tells of what others commit',
      run: async ({ store, another }) => {
        const other = await another?.()
        if (!other) return
        for (let version = 0; version < 3; version++) {
          const news = told(store, 'a', patienceMs)
          await other.commit('a', version, events(1))
          await news
        }
      },
    },
  ]
}
