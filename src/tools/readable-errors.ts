/** One thing that is wrong with a value, as a Standard Schema says it. */
export interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** What the interpreter says of one keyword that is not satisfied; locations are URI fragments. */
export interface KeywordError {
  readonly keyword: string
  readonly keywordLocation: string
  readonly instanceLocation: string
  readonly error: string
}

const maxIssues = 32

/**
 * The errors that say something: the interpreter adds one for each schema around a failure, before the
 * failure itself. `expectationAt` says what a text had to be at a location of the schema.
 */
export function readableErrors(
  errors: readonly KeywordError[],
  expectationAt: (location: string) => string | undefined,
): readonly Issue[] {
  const issues = new Map<string, Issue>()
  const unevaluated = new Set<Issue>()
  let settled = 'none'
  for (const [index, error] of errors.entries()) {
    const next = errors[index + 1]
    const isWrapper = next !== undefined && wraps(error, next)
    // More than one branch fits: why the others do not is beside the point.
    const isChoice = isWrapper && error.keyword === 'oneOf' && !error.error.includes('(0 ')
    if (error.keywordLocation.startsWith(settled) || (isWrapper && !isChoice)) continue
    if (isChoice) settled = `${error.keywordLocation}/`
    const message = messageOf(error, expectationAt)
    const path = decodeFragment(error.instanceLocation)
    const issue = { path, message }
    issues.set(`${error.instanceLocation} ${message}`, issue)
    if (errors[index - 1]?.keyword.startsWith('unevaluated')) unevaluated.add(issue)
  }
  const first = [...issues.values()].slice(0, maxIssues)
  // What is not valid was not evaluated either, but to say so of what may be there would mislead.
  return first.filter((one) => !unevaluated.has(one) || !first.some((other) => isIn(other, one)))
}

function isIn(inner: Issue, outer: Issue): boolean {
  return inner !== outer && outer.path.every((key, index) => inner.path[index] === key)
}

/** The keys of a location such as `#/a/b~1c%20d`. */
export function decodeFragment(location: string): string[] {
  return location
    .split('/')
    .slice(1)
    .map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'))
}

function wraps(outer: KeywordError, inner: KeywordError): boolean {
  // The error of a schema that is `false` has the location of the value twice.
  return (
    inner.keywordLocation.startsWith(`${outer.keywordLocation}/`) ||
    (inner.keyword === 'false' && inner.instanceLocation.startsWith(outer.instanceLocation)) ||
    (outer.keyword === 'if' && /\/(?:then|else)\//.test(inner.keywordLocation))
  )
}

function messageOf(
  { keyword, keywordLocation, error }: KeywordError,
  expectationAt: (location: string) => string | undefined,
): string {
  if (keyword === 'false') return 'Must not be there.'
  return (keyword === 'format' && expectationAt(keywordLocation)) || error
}
