import { demand } from '../suite-case.ts'
import { type StandCase, demandBrokerFailed } from './stand.ts'

const topic = 'conversation:one'
const oneCall = { key: 'key', id: '1', limit: 1, windowMs: 1_000 }

export const cutCases: readonly StandCase[] = [
  {
    name: 'behind a cut listeners are told, and messages come again',
    run: async (stand) => {
      const { bench } = stand
      if (!bench.cut) return
      const [a, b] = stand.nodes
      const [ear, other] = [await stand.listen(b, topic), await stand.listen(b, 'other')]
      for (let round = 1; round <= 3; round++) {
        await bench.cut()
        await stand.until('A listener has to be told "lost"', () => ear.losts >= round)
        await stand.until(
          'Listeners have to be told "ready" again',
          () => ear.readys > round && other.readys > round,
        )
        const text = `after ${round}`
        // The other node may come back later than this one.
        await stand.until('Publishing has to work again', () =>
          a.publish(topic, text).then(
            () => true,
            () => false,
          ),
        )
        await stand.until('Messages have to come again', () => ear.messages.includes(text))
        demand(!other.messages.includes(text), 'A topic got what belongs to another.')
      }
      const fresh = await stand.listen(b, 'fresh')
      await a.publish('fresh', 'here')
      await stand.until('New topics have to work', () => fresh.messages.length > 0)
    },
  },
  {
    name: 'a cut in the middle of many messages loses some, and neither order nor the rest',
    run: async (stand) => {
      const { bench } = stand
      if (!bench.cut) return
      const [a, b] = stand.nodes
      const ear = await stand.listen(b, topic)
      const sending = Array.from({ length: 500 }, (_, n) =>
        stand.settled(`"publish" ${n} has to settle`, a.publish(topic, String(n))),
      )
      const cutting = bench.cut()
      for (const error of await Promise.all(sending))
        if (error !== null) demandBrokerFailed(error, '"publish"')
      await cutting
      await stand.until('"ready" has to come again', () => ear.readys > 1 || ear.losts === 0)
      await stand.until('Publishing has to work again', () =>
        a.publish(topic, 'end').then(
          () => ear.messages.includes('end'),
          () => false,
        ),
      )
      const numbers = ear.messages.filter((text) => text !== 'end').map(Number)
      demand(
        numbers.every((n, index) => n > (numbers[index - 1] ?? -1)),
        'Messages came twice or in another order.',
      )
    },
  },
  {
    name: 'while it is away everything is refused soon, and nothing hangs or throws',
    run: async (stand) => {
      const { bench } = stand
      if (!bench.takeAway) return
      const [a, b] = stand.nodes
      const ear = await stand.listen(b, topic)
      const bringBack = await bench.takeAway()
      await stand.until('A listener has to be told "lost"', () => ear.losts > 0)
      const what = 'What is asked of it has to settle'
      const [published, ...others] = await Promise.all([
        stand.settled(what, a.publish(topic, 'away')),
        stand.settled(what, Promise.resolve(a.limiter?.take(oneCall))),
        stand.settled(what, Promise.resolve(a.runs?.takeOver(1, 1_000))),
      ])
      demandBrokerFailed(published, '"publish"')
      for (const error of others)
        if (error !== null) demandBrokerFailed(error, 'What is asked of it')
      const meanwhile = stand.listenUnready(b, 'new')
      const { readys } = ear
      await bringBack()
      await stand.until(
        'Listeners have to be told "ready" again',
        () => ear.readys > readys && meanwhile.readys > 0,
      )
      await stand.until('Messages have to come again', async () => {
        await a.publish('new', 'back').catch(() => {})
        return meanwhile.messages.includes('back')
      })
    },
  },
]
