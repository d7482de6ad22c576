import type { Json } from '../../base/index.ts'

/** What frames may carry, by name: each breaks a wire that splits, escapes or encodes carelessly. */
export const values: Readonly<Record<string, Json>> = {
  null: null,
  true: true,
  zero: 0,
  'the largest safe integer': Number.MAX_SAFE_INTEGER,
  'a very small number': 5e-324,
  'a very large number': -1.7976931348623157e308,
  'an empty text': '',
  'an empty object': {},
  'an empty list': [],
  'line breaks of every kind': 'a\nb\r\nc\rd\u2028e\u2029f\u0085g\n\n',
  'what looks like server-sent events': 'x\n\ndata: {"k":"bye"}\nid: 1\n: comment\n\n',
  'control characters': '\0\u0001\u0007\b\f\u001f\u007f',
  'quotes and backslashes': '"\\\'`\\u0041\\"',
  'a mark of byte order': '\ufeffbehind',
  'every width of UTF-8': 'aé€\u{10348}\u{1F469}\u200D\u{1F680}',
  'lone surrogates': 'a\ud83d b\ude00 \udfff\ud800',
  'letters that combine': 'e\u0301 \u00e9 \u1100\u1161',
  'names of every kind': { '': 1, ' ': 2, '\n': 3, constructor: 4, toString: 5, '\u{1F600}': 6 },
  'what looks like our own words': {
    k: 'hello',
    toolwire: 'bye',
    data: { toolwire: 'open' },
    c: { type: 'stop' },
  },
  'sixty levels': nested(60),
  'a list of lists': [
    [[], [[]]],
    [null, [0, [false]]],
  ],
}

function nested(levels: number): Json {
  let value: Json = 'deep'
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { in: value }
  return value
}

/** A text in the middle of which a wire that splits bytes splits characters: `bytes` in UTF-8. */
export function textOf(bytes: number): string {
  const piece = 'aé€\u{1F600}'
  const bytesOfPiece = 10
  const whole = piece.repeat(Math.floor(bytes / bytesOfPiece))
  return whole + 'x'.repeat(bytes % bytesOfPiece)
}
