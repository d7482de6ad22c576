import { copyFile } from 'node:fs/promises'
import { defineConfig } from 'tsup'
import manifest from './package.json' with { type: 'json' }

// The exports map is the only list of entry points: ./dist/stores/sqlite.js is built from src/stores/sqlite.ts.
const entry = Object.values(manifest.exports)
  .filter((target) => target.endsWith('.js'))
  .map((target) => target.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))

export default defineConfig({
  entry,
  format: 'esm',
  target: 'es2022',
  splitting: true,
  sourcemap: true,
  // Declarations come from tsc (tsconfig.build.json): stable paths beside each .js, and no second compiler.
  dts: false,
  // The default turns node:sqlite into the missing module "sqlite".
  removeNodeProtocol: false,
  onSuccess: () => copyFile('src/views/styles.css', 'dist/styles.css'),
})
