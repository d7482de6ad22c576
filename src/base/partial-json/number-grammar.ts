/** How far a number has followed the grammar; 0 is no number. */
export type NumberState = number

export const numberStart: NumberState = 1

// https://www.rfc-editor.org/rfc/rfc8259#section-6 as a table. A row is a state: none, start, minus,
// zero, integer, point, fraction, e, sign, exponent. A column is what comes: '0', '1' to '9', '.',
// 'e' or 'E', '-', '+', anything else; a cell is the state after it. Eight cells wide for speed.
const transitions: Uint8Array = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0],
  ...[3, 4, 0, 0, 2, 0, 0, 0],
  ...[3, 4, 0, 0, 0, 0, 0, 0],
  ...[0, 0, 5, 7, 0, 0, 0, 0],
  ...[4, 4, 5, 7, 0, 0, 0, 0],
  ...[6, 6, 0, 0, 0, 0, 0, 0],
  ...[6, 6, 0, 7, 0, 0, 0, 0],
  ...[9, 9, 0, 0, 8, 8, 0, 0],
  ...[9, 9, 0, 0, 0, 0, 0, 0],
  ...[9, 9, 0, 0, 0, 0, 0, 0],
)

const columns: Uint8Array = new Uint8Array(128).fill(6)
for (const [column, characters] of ['0', '123456789', '.', 'eE', '-', '+'].entries())
  for (const character of characters) columns[character.charCodeAt(0)] = column

/** The state after the character `code`, 0 where it does not belong to the number. */
export function nextNumberState(state: NumberState, code: number): NumberState {
  return transitions[state * 8 + (columns[code] ?? 6)] ?? 0
}

/** Whether a number may end in `state`: after zero, integer, fraction or exponent. */
export function isWholeNumber(state: NumberState): boolean {
  return state === 3 || state === 4 || state === 6 || state === 9
}
