/** Stands where a secret stood. */
export const redacted = '[redacted]'

/** Secrets that say what they are. No pattern looks twice at the same text, whatever that is. */
const forms: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g,
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}/gi,
  /\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abprs]|AKIA|ASIA|AIza)[-_]?[\w-]{12,}/g,
]

/** The name and password in an address, as databases show them in errors. */
const userInfo = /(\b[a-z][\w+.-]{0,20}:\/\/)[^\s/@]+@/gi

/** What is written like `password=…` or `"apiKey": "…"`. */
const assigned =
  /((?:password|passwd|pwd|secret|token|api[-_]?key)["']?\s{0,3}[=:]\s{0,3}["']?)[^\s"'&,;]+/gi

/** A word with dots in it; a JSON web token is one, and begins as JSON does in base64. */
const dotted = /[\w.-]{20,}/g
const tokenHead = /(?:^|\.)eyJ[^.]*\./

/** A run of letters and digits that may be a key. */
const run = /[A-Za-z0-9_+/=-]{20,}/g

/** `text` without the `known` secrets, and without what has the form or the disorder of one. */
export function withoutSecrets(text: string, known: readonly string[]): string {
  let left = text
  for (const secret of known) left = left.replaceAll(secret, redacted)
  for (const form of forms) left = left.replace(form, redacted)
  return left
    .replace(userInfo, `$1${redacted}@`)
    .replace(assigned, `$1${redacted}`)
    .replace(dotted, (word) => (tokenHead.test(word) ? redacted : word))
    .replace(run, (word) => (isDisordered(word) ? redacted : word))
}

/** Whether letters and digits change places as they do by chance; words, numbers and dates keep together. */
function isDisordered(word: string): boolean {
  const letters = word.replace(/[_+/=-]/g, '')
  if (/^[0-9a-f]{28,}$/i.test(letters) && /[a-f]/i.test(letters)) return true
  if (letters.length < 16 || entropy(letters) < 3) return false
  let changes = 0
  for (let i = 1; i < letters.length; i++)
    if (kindOf(letters.charCodeAt(i)) !== kindOf(letters.charCodeAt(i - 1))) changes++
  // Names in camel case have no digits, and change case less often than chance does.
  return changes >= letters.length * (/\d/.test(letters) ? 0.22 : 0.42)
}

function kindOf(code: number): 'digit' | 'upper' | 'lower' {
  if (code < 58) return 'digit'
  return code < 91 ? 'upper' : 'lower'
}

/** Bits for each character. */
function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}
