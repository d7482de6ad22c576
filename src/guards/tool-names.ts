/** What is wrong with the name of a tool that somebody else named; `null` where nothing is. */
export function nameProblem(name: string, reserved: readonly string[]): string | null {
  if (!/^[A-Za-z_][\w./:-]{0,127}$/.test(name)) return 'Its name is not one of plain letters.'
  if (/^client__/i.test(name) || reserved.some((taken) => looksAlike(taken, name)))
    return 'Its name is reserved.'
  return null
}

/** Whether a person or a model may take one name for the other. */
export function looksAlike(a: string, b: string): boolean {
  return skeleton(a) === skeleton(b)
}

function skeleton(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('0', 'o')
    .replaceAll(/[1i|]/g, 'l')
}
