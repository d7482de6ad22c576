import { demand, demandEqual } from '../suite-case.ts'
import type { BrokerTraits } from './bench.ts'
import { type StandCase, demandBrokerFailed } from './stand.ts'

const topic = 'conversation:one'
/** Topics are made of ids that clients choose. */
const strange = ['a', 'a*', 'a?', 'a:b', 'a b', 'a\nb', '[a]', 'ä💜', '*', 'A', 'a'.repeat(300)]
const texts = ['', '{"a":1}', 'ä💜\u0000\r\n', '\u2028', ' padded ']

export function messageCases({ maxMessageBytes }: Required<BrokerTraits>): readonly StandCase[] {
  return [...hearingCases, ...endingCases, largeCase(Math.min(maxMessageBytes, 1_000_000))]
}

const hearingCases: readonly StandCase[] = [
  {
    name: 'a message reaches whoever listens, at every node and once each',
    run: async (stand) => {
      const [a, b] = stand.nodes
      const ears = [await stand.listen(a, topic), await stand.listen(b, topic)]
      ears.push(await stand.listen(b, topic))
      await a.publish(topic, 'first')
      await b.publish(topic, 'second')
      await stand.until('Messages have to come', () =>
        ears.every(({ messages }) => messages.length >= 2),
      )
      for (const { messages } of ears)
        demandEqual(messages.toSorted(), ['first', 'second'], 'What a listener was told')
    },
  },
  {
    name: 'messages of one node come whole and in the order in which they were published',
    run: async (stand) => {
      const [a, b] = stand.nodes
      const ear = await stand.listen(b, topic)
      const sent = Array.from({ length: 100 }, (_, n) => `${n}${texts[n % texts.length]}`)
      await Promise.all(['', ...sent].map((text) => a.publish(topic, text)))
      await stand.until('Messages have to come', () => ear.messages.length > sent.length)
      demandEqual(ear.messages, ['', ...sent], 'What came')
    },
  },
  {
    name: 'a topic is its name and nothing else, whatever stands in it',
    run: async (stand) => {
      const [a, b] = stand.nodes
      const ears = await Promise.all(strange.map((name) => stand.listen(b, name)))
      for (const name of strange) await a.publish(name, name)
      await stand.until('Messages have to come', () =>
        ears.every(({ messages }) => messages.length > 0),
      )
      demandEqual(
        ears.map(({ messages }) => messages),
        strange.map((name) => [name]),
        'What each topic was told',
      )
    },
  },
  {
    name: 'publishing where nobody listens is no failure',
    run: async (stand) => {
      await stand.nodes[0].publish('nobody', 'here')
    },
  },
]

const endingCases: readonly StandCase[] = [
  {
    name: 'who stops listening is told nothing more, and who goes on is',
    run: async (stand) => {
      const [a, b] = stand.nodes
      const [stays, goes] = [await stand.listen(b, topic), await stand.listen(b, topic)]
      goes.stop()
      goes.stop()
      await a.publish(topic, 'on')
      await stand.until('Messages have to come', () => stays.messages.length > 0)
      demandEqual(goes.messages, [], 'What came behind the end')
      stays.stop()
      const again = await stand.listen(b, topic)
      await a.publish(topic, 'again')
      await stand.until('Messages have to come', () => again.messages.length > 0)
      demandEqual([stays.messages, again.messages], [['on'], ['again']], 'What came')
    },
  },
  {
    name: 'who stops and listens again is told, however little time is between',
    run: async (stand) => {
      const [a, b] = stand.nodes
      let ear = await stand.listen(b, topic)
      for (let round = 0; round < 12; round++) {
        ear.stop()
        for (let tick = 0; tick < round; tick++) await Promise.resolve()
        ear = await stand.listen(b, topic)
        await a.publish(topic, `round ${round}`)
        await stand.until('Messages have to come', () => ear.messages.length > 0)
        demandEqual(ear.messages, [`round ${round}`], 'What came')
      }
    },
  },
  {
    name: 'a closed broker rejects, tells whoever listened, and may be closed again',
    run: async (stand) => {
      const [a] = stand.nodes
      const ear = await stand.listen(a, topic)
      await a.close()
      await a.close()
      demandBrokerFailed(
        await stand.settled('"publish" has to settle', a.publish(topic, 'late')),
        '"publish"',
      )
      await stand.until('A listener has to be told "lost"', () => ear.losts > 0)
      const late = stand.listenUnready(a, topic)
      late.stop()
      ear.stop()
      demand(late.readys === 0, 'A closed broker must not be "ready".')
    },
  },
]

function largeCase(bytes: number): StandCase {
  return {
    name: `a message of ${bytes} bytes comes whole`,
    run: async (stand) => {
      const [a, b] = stand.nodes
      const ear = await stand.listen(b, topic)
      const text = 'ä'.repeat(Math.floor(bytes / 2))
      await a.publish(topic, text)
      await stand.until('The message has to come', () => ear.messages.length > 0)
      demand(ear.messages[0] === text, 'The message came, and is not the one that was published.')
    },
  }
}
