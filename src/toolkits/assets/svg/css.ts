import { attributes } from './allowed.ts'

/** Functions that neither fetch nor run anything; `url` is looked at apart. */
const functions = new Set(
  `rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix calc min max clamp matrix matrix3d translate translatex
  translatey translate3d scale scalex scaley rotate skew skewx skewy perspective blur brightness contrast drop-shadow
  grayscale hue-rotate invert opacity saturate sepia inset circle ellipse polygon path`.split(
    /\s+/,
  ),
)

/** Whether a value of an attribute or a declaration points at nothing outside of its document. */
export function isSafeValue(value: string): boolean {
  // Escapes and comments would hide a name from what follows.
  if (/[\\<>{}@;]|\/\*|javascript:|data:|expression|-moz-binding/i.test(value)) return false
  const rest = value.replace(/url\(\s*(["']?)#[\w.:-]+\1\s*\)/gi, ' ')
  return [...rest.matchAll(/([\w-]*)\s*\(/g)].every(([, name]) =>
    functions.has((name ?? '').toLowerCase()),
  )
}

/** The declarations of a `style` that may stay, and what may not. */
export function safeDeclarations(source: string, removed: Set<string>): string {
  return withoutComments(source)
    .split(';')
    .map((declaration) => declaration.trim())
    .filter((declaration) => {
      if (declaration === '') return false
      const [property = '', ...value] = declaration.split(':')
      const name = property.trim().toLowerCase()
      const isSafe = attributes.style.has(name) && isSafeValue(value.join(':'))
      if (!isSafe) removed.add(`style ${name.slice(0, 40)}`)
      return isSafe
    })
    .join(';')
}

/** A style sheet with rules for elements, classes and ids, and nothing else. */
export function safeStyleSheet(source: string, removed: Set<string>): string {
  const rules: string[] = []
  for (const { prelude, block } of blocksOf(withoutComments(source))) {
    const selector = prelude.trim()
    if (!/^[\w\s.#,*>+~-]+$/.test(selector) || /[{}]/.test(block)) {
      if (selector) removed.add(`style rule ${selector.slice(0, 40)}`)
      continue
    }
    const declarations = safeDeclarations(block, removed)
    if (declarations) rules.push(`${selector}{${declarations}}`)
  }
  return rules.join('')
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[^]*?(?:\*\/|$)/g, ' ').replace(/<!--|-->/g, ' ')
}

/** The outermost blocks with what stands before each; a statement without a block, as `@import`, is one too. */
function* blocksOf(source: string): Generator<{ prelude: string; block: string }> {
  let depth = 0
  let from = 0
  let prelude = ''
  for (const { 0: mark, index } of source.matchAll(/[{};]/g)) {
    if (mark === ';' && depth === 0) {
      yield { prelude: source.slice(from, index), block: '' }
      from = index + 1
    } else if (mark === '{') {
      if (depth === 0) {
        prelude = source.slice(from, index)
        from = index + 1
      }
      depth += 1
    } else if (mark === '}' && depth > 0) {
      depth -= 1
      if (depth > 0) continue
      yield { prelude, block: source.slice(from, index) }
      from = index + 1
    }
  }
  if (source.slice(from).trim()) yield { prelude: '@unfinished', block: '' }
}
