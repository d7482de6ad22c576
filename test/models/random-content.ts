import type { CallOutcome, Message, ResultPart, UserMessage } from '../../src/protocol/index.ts'
import type { Chance } from './chance.ts'

type SaidPart = UserMessage['parts'][number]

const file = (mediaType: string, url: string, filename?: string): SaidPart => ({
  type: 'file',
  mediaType,
  url,
  ...(filename !== undefined && { filename }),
})

/** What people send: also nothing, blanks, and files that few servers take. */
const said: readonly SaidPart[] = [
  ...['Hi', 'And now?', '"quoted" \u0000 \ud83d\ude00', '  padded \n'].map((text): SaidPart => ({
    type: 'text',
    text,
  })),
  { type: 'text', text: '' },
  { type: 'text', text: ' \n' },
  file('image/png', 'data:image/png;base64,QUJD'),
  file('image/jpeg', 'https://host.test/a.jpg', 'a.jpg'),
  file('image/tiff', 'data:image/tiff;base64,QUJD'),
  file('application/pdf', 'data:application/pdf;base64,REVG', 'a.pdf'),
  file('application/pdf', 'https://host.test/a.pdf'),
  file('text/csv', 'data:text/csv;base64,YSxi'),
  file('text/plain', 'data:text/plain,plain%20words'),
  file('text/plain', 'data:text/plain;base64,'),
  file('audio/wav', 'data:audio/wav;base64,QUJD', 'a.wav'),
  file('application/zip', 'https://host.test/a.zip'),
]

/** The parts of one message of a person; most often a plain text. */
export function randomSaid(chance: Chance): Message['parts'] {
  if (!chance.once(3)) return [said[chance.below(4)] as SaidPart]
  return Array.from({ length: chance.below(4) }, () => chance.pick(said))
}

const results: readonly ResultPart[] = [
  { type: 'text', text: 'It is done.' },
  { type: 'text', text: '' },
  { type: 'text', text: ' \n ' },
  { type: 'json', value: { n: 1, list: [null, true] } },
  { type: 'json', value: null },
  { type: 'image', mediaType: 'image/png', data: 'QUJD' },
  { type: 'image', mediaType: 'image/tiff', data: 'QUJD' },
  { type: 'file', mediaType: 'application/pdf', data: 'REVG', filename: 'a.pdf' },
  { type: 'file', mediaType: 'text/csv', data: 'YSxi' },
  { type: 'file', mediaType: 'text/plain', data: '' },
  { type: 'file', mediaType: 'application/zip', data: 'AAAA', filename: 'a.zip' },
]

const outputs: readonly unknown[] = ['done', '', ' ', null, 0, false, { a: { b: [] } }, [1, 'two']]

const failures = ['output-error', 'denied', 'cancelled', 'timed-out', 'outcome-unknown'] as const

/** How an executor says that a call ended. */
export function randomOutcome(chance: Chance): CallOutcome {
  const modelOutput = Array.from({ length: chance.below(4) }, () => chance.pick(results))
  if (!chance.once(3))
    return {
      state: 'output-available',
      output: chance.pick(outputs),
      ...(chance.flip() && { modelOutput }),
    }
  return {
    state: chance.pick(failures),
    ...(chance.flip() && { errorText: chance.pick(['It failed.', '', 'a\nb']) }),
    ...(chance.once(8) && { modelOutput }),
  }
}
