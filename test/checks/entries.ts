import path from 'node:path'
import manifest from '../../package.json' with { type: 'json' }

/** The folder of package.json. */
export const root: string = path.resolve(import.meta.dirname, '../..')

/** An entry point that package.json names in `exports`. */
export interface Entry {
  /** As in `exports`: `.` or `./client`. */
  readonly subpath: string
  /** As a consumer imports it: `toolwire/client`. */
  readonly specifier: string
  /** Absolute path of the built module. */
  readonly file: string
  /** Absolute path of the module that it is built from. */
  readonly source: string
}

/** Every code entry of the package; ./package.json is none. */
export const entries: readonly Entry[] = Object.entries(manifest.exports)
  .filter(([, target]) => target.endsWith('.js'))
  .map(([subpath, target]) => ({
    subpath,
    specifier: manifest.name + subpath.slice(1),
    file: path.join(root, target),
    source: path.join(root, target.replace('./dist/', 'src/').replace(/\.js$/, '.ts')),
  }))

/** Packages that a consumer installs beside this one, so that no entry contains them. */
export const peers: readonly string[] = Object.keys(manifest.peerDependencies)
