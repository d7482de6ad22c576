/** How far a number has followed RFC 8259 section 6: a row of the table, 0 for not at all. */
export type NumberState = number

export const numberStart: NumberState = 1

const columns = ['0', '123456789', '.', 'eE', '-', '+']
// A row is a state, and holds the states after each of the columns and after anything else.
const rows = [
  '0000000', // none
  '3400200', // 1 start
  '3400000', // 2 minus
  '0057000', // 3 zero
  '4457000', // 4 integer
  '6600000', // 5 point
  '6607000', // 6 fraction
  '9900880', // 7 e
  '9900000', // 8 sign
  '9900000', // 9 exponent
]

const transitions = Uint8Array.from(rows.join(''), Number)
const columnOfCode = new Uint8Array(128).fill(columns.length)
for (const [column, characters] of columns.entries())
  for (const character of characters) columnOfCode[character.charCodeAt(0)] = column

/** The state after the character `code`; 0 where it does not belong to the number. */
export function nextNumberState(state: NumberState, code: number): NumberState {
  const column = columnOfCode[code] ?? columns.length
  return transitions[state * 7 + column] ?? 0
}

/** Whether a number may end in `state`: after zero, integer, fraction or exponent. */
export function isWholeNumber(state: NumberState): boolean {
  return state === 3 || state === 4 || state === 6 || state === 9
}
