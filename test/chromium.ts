import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { type Browser, type BrowserContext, chromium } from 'playwright'

const root = path.resolve(import.meta.dirname, '..')

/**
 * A real Chromium, or the reason why none starts here. It is a headless shell: pages and workers
 * run, extensions do not load. Whoever asks closes it.
 */
export async function launchChromium(): Promise<Browser | { readonly reason: string }> {
  try {
    const executablePath = await chromiumPath()
    // Not the arguments that @sparticuz/chromium proposes: --disable-web-security and
    // --single-process among them would hide faults of CORS and of content security policies.
    return await chromium.launch({ executablePath, args: ['--no-sandbox', '--headless=shell'] })
  } catch (error) {
    // Playwright's first line says that it failed; the loader's own line says what is missing.
    const text = String(error)
    const line = text.split('\n').find((one) => one.includes('error while loading')) ?? text
    return { reason: `Chromium does not start here: ${line.split('\n')[0]?.trim()}` }
  }
}

/**
 * A whole Chromium with the unpacked extension in `folder`, or the reason why there is none: that of npm is a
 * headless shell, which loads no extensions, so one has to be installed. TOOLWIRE_TEST_CHROMIUM names it.
 */
export async function launchWithExtension(
  folder: string,
): Promise<BrowserContext | { readonly reason: string }> {
  const named = process.env['TOOLWIRE_TEST_CHROMIUM']
  const executablePath = named ?? usualPlaces.find((place) => existsSync(place))
  if (!executablePath || !existsSync(executablePath))
    return {
      reason: `No Chromium that loads extensions at ${named ?? usualPlaces.join(', ')}: install one ("apt-get install chromium"), or name it in TOOLWIRE_TEST_CHROMIUM`,
    }
  return chromium.launchPersistentContext('', {
    executablePath,
    ignoreDefaultArgs: ['--disable-extensions'],
    args: [
      '--no-sandbox',
      `--disable-extensions-except=${folder}`,
      `--load-extension=${folder}`,
      // Branded builds ignore the switch otherwise.
      '--disable-features=DisableLoadExtensionCommandLineSwitch',
    ],
  })
}

const usualPlaces = ['/usr/bin/chromium', '/usr/bin/chromium-browser']

/** CHROMIUM_PATH wins (an installed browser); else the one from npm, unpacked once per version. */
async function chromiumPath(): Promise<string> {
  if (process.env['CHROMIUM_PATH']) return process.env['CHROMIUM_PATH']
  const manifest = path.join(root, 'node_modules/@sparticuz/chromium/package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  const folder = path.join(root, `node_modules/.cache/chromium-${version}`)
  if (!existsSync(folder)) await unpackInto(folder)
  return path.join(folder, 'chromium')
}

/** Unpacks beside `folder` and renames, so that test files in parallel never see half a browser. */
async function unpackInto(folder: string): Promise<void> {
  const scratch = `${folder}.${process.pid}`
  mkdirSync(scratch, { recursive: true })
  // The package unpacks into the temporary folder, and would reuse any "chromium" that it found there.
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = scratch
  try {
    const { default: packed } = await import('@sparticuz/chromium')
    await packed.executablePath()
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
  try {
    renameSync(scratch, folder)
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
}
