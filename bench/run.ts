// Runs one benchmark of this folder: `npm run bench -- json`. What it compares with is installed here
// on first use, so that it is never among the dependencies of the package.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const folder = import.meta.dirname
const benches = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => path.basename(file, '.ts'))

const [name = ''] = process.argv.slice(2)
if (benches.includes(name)) {
  installPeers()
  await import(`./${name}.ts`)
} else {
  process.stderr.write(
    `There is no benchmark "${name}". Run: npm run bench -- ${benches.join(' | ')}\n`,
  )
  process.exitCode = 1
}

function installPeers(): void {
  const { dependencies }: { dependencies: Record<string, string> } = readJson('package.json')
  const isInstalled = ([peer, version]: [string, string]): boolean => {
    const manifest = path.join('node_modules', peer, 'package.json')
    return existsSync(path.join(folder, manifest)) && readJson(manifest).version === version
  }
  if (Object.entries(dependencies).every(isInstalled)) return
  const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
  const { status } = spawnSync('npm', ['install', '--prefix', folder, ...flags], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0)
    throw new Error(
      'The benchmark needs what bench/package.json lists, and npm could not install it.',
    )
}

function readJson(file: string) {
  return JSON.parse(readFileSync(path.join(folder, file), 'utf8'))
}
