import path from 'node:path'
import { cruise } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { root } from './entries.ts'

export interface Violation {
  readonly rule: string
  readonly from: string
  readonly to: string
}

export interface Cruise {
  /** Every import that was followed, by the file it stands in. */
  readonly imports: readonly { readonly from: string; readonly to: string }[]
  readonly violations: readonly Violation[]
}

const config = path.join(root, '.dependency-cruiser.mjs')

/** Cruises `src` under `baseDir` by this repository's rules. */
export async function cruiseRooms(baseDir: string): Promise<Cruise> {
  const options = await extractDepcruiseOptions(config)
  const { output } = await cruise(
    ['src'],
    { ...options, baseDir, validate: true },
    {},
    { tsConfig: extractTSConfig(path.join(root, 'tsconfig.json')) },
  )
  if (typeof output === 'string') throw new TypeError('dependency-cruiser answered with a text.')
  return {
    imports: output.modules.flatMap(({ source, dependencies }) =>
      dependencies.map(({ resolved }) => ({ from: source, to: resolved })),
    ),
    violations: output.summary.violations
      .filter(({ rule }) => rule.severity === 'error')
      .map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  }
}
