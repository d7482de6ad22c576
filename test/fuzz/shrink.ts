import { type FuzzCase, runCase } from './run-case.ts'

/** A case with fewer lines that is wrong in the same way. */
export async function shrink(fuzzCase: FuzzCase): Promise<FuzzCase> {
  const kinds = kindsOf(await runCase(fuzzCase))
  const decoder = new TextDecoder('latin1')
  let lines = decoder.decode(fuzzCase.bytes).split(/(?<=\n|\r(?!\n))/)
  const caseOf = (some: readonly string[]): FuzzCase => ({
    ...fuzzCase,
    // What has to come out is known of the whole alone.
    calls: some.length === lines.length ? fuzzCase.calls : undefined,
    bytes: Uint8Array.from(some.join(''), (char) => latin1.indexOf(char)),
  })
  for (let size = lines.length >> 1; size > 0; size >>= 1)
    for (let at = 0; at < lines.length;) {
      const fewer = lines.toSpliced(at, size)
      const found = kindsOf(await runCase(caseOf(fewer)))
      if ([...found].some((kind) => kinds.has(kind))) lines = fewer
      else at += size
    }
  return caseOf(lines)
}

// As `TextDecoder` understands latin1, which is windows-1252: every byte is one character.
const latin1 = new TextDecoder('latin1').decode(Uint8Array.from({ length: 256 }, (_, byte) => byte))

/** What is wrong, without what it is wrong with. */
export function kindsOf(found: readonly string[]): ReadonlySet<string> {
  return new Set(found.map((finding) => finding.split(':')[0]!))
}
