/** How far a number has followed RFC 8259 section 6. */
export type NumberState = number

const START = 1
const MINUS = 2
// A number may end in these four.
const ZERO = 3
const INTEGER = 4
const FRACTION = 5
const EXPONENT = 6
// Their low bits are the state after a digit.
const POINT = 8 | FRACTION
const LETTER_E = 8 | EXPONENT
const SIGN = 16 | EXPONENT

export const numberStart: NumberState = START

/** The state after the character `code`; 0 where it does not belong to the number. */
export function nextNumberState(state: NumberState, code: number): NumberState {
  if (code >= 0x30 && code <= 0x39) {
    if (state > ZERO) return state & 7
    if (state === ZERO) return 0
    return code === 0x30 ? ZERO : INTEGER
  }
  if (code === 0x2e) return state === ZERO || state === INTEGER ? POINT : 0
  if ((code | 0x20) === 0x65) return state >= ZERO && state <= FRACTION ? LETTER_E : 0
  if (code === 0x2d && state === START) return MINUS
  return (code === 0x2d || code === 0x2b) && state === LETTER_E ? SIGN : 0
}

/** Whether a number may end in `state`. */
export function isWholeNumber(state: NumberState): boolean {
  return state >= ZERO && state <= EXPONENT
}
