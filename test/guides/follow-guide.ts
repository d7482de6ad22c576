import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import manifest from '../../package.json' with { type: 'json' }
import { root } from '../checks/entries.ts'
import type { Action, Guide, GuideStep } from './read-guide.ts'
import { Shell } from './shell.ts'

export interface FollowedGuide {
  readonly steps: readonly FollowedStep[]
  readonly seen: SeenPage
}

export interface FollowedStep extends Pick<GuideStep, 'title' | 'lines'> {
  readonly seconds: number
}

/** What the page showed once it was done, and whatever its console called an error. */
export interface SeenPage {
  readonly question: string
  /** As computed. */
  readonly background: string
  readonly text: string
  readonly errors: readonly string[]
}

export interface Reader {
  readonly context: BrowserContext
  readonly signal: AbortSignal
  /** What to tell the page when it asks. */
  readonly answer: string
  /** What the page shows when it is done. */
  readonly end: string
}

/** Does all that a guide says in an empty folder, with the package as this checkout would publish it. */
export async function followGuide(guide: Guide, reader: Reader): Promise<FollowedGuide> {
  const folder = mkdtempSync(path.join(tmpdir(), 'toolwire-guide-'))
  try {
    const shell = new Shell(folder, reader.signal)
    const follower = new Follower(shell, {
      ...reader,
      folder,
      tarball: await pack(folder, reader.signal),
    })
    const steps: FollowedStep[] = []
    for (const { title, lines, actions } of guide.steps) {
      const start = performance.now()
      for (const action of actions) await follower.do(action)
      steps.push({ title, lines, seconds: (performance.now() - start) / 1000 })
    }
    await checkTypes(shell)
    for (const action of guide.afterwards) await follower.do(action)
    await checkTypes(shell)
    if (!follower.seen) throw new Error('The guide starts no page.')
    return { steps, seen: follower.seen }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface FollowerOptions extends Reader {
  /** Where the reader begins; files are named from here. */
  readonly folder: string
  readonly tarball: string
}

class Follower {
  seen: SeenPage | undefined
  readonly #shell: Shell
  readonly #reader: FollowerOptions

  constructor(shell: Shell, reader: FollowerOptions) {
    this.#shell = shell
    this.#reader = reader
  }

  async do(action: Action): Promise<void> {
    if (action.type === 'run') return this.#run(action.command)
    const file = path.join(this.#reader.folder, action.file)
    if (action.type === 'write') return writeFileSync(file, action.text)
    let text = readFileSync(file, 'utf8')
    for (const { removed, added } of action.edits) {
      if (text.split(removed).length !== 2)
        throw new Error(`${action.file} does not have these lines exactly once:\n${removed}`)
      text = text.replace(removed, () => added)
    }
    writeFileSync(file, text)
  }

  async #run(command: string): Promise<void> {
    if (command === 'npm run dev') return this.#look(command)
    // All that is not to the letter: the package is not the published one.
    const own = command.startsWith('npm install ')
      ? command.replace(` ${manifest.name} `, ` ${this.#reader.tarball} `)
      : command
    await this.#shell.run(own)
  }

  /** Opens the page that the command serves, and does there what the guide says. */
  async #look(command: string): Promise<void> {
    const page = await this.#reader.context.newPage()
    this.#reader.signal.addEventListener('abort', () => void page.close())
    const program = this.#shell.start(command)
    try {
      const url = await program.says(/http:\/\/localhost:\d+\//)
      this.seen = await lookAt(page, { ...this.#reader, url })
    } finally {
      // A page whose server goes away first would call that an error.
      await page.close()
      await program.stop()
    }
  }
}

async function lookAt(
  page: Page,
  { url, answer, end }: Reader & { readonly url: string },
): Promise<SeenPage> {
  const errors: string[] = []
  let question = ''
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('dialog', (dialog) => {
    question = dialog.message()
    void dialog.accept(answer)
  })
  await page.goto(url)
  const shown = page.locator('pre')
  await shown
    .filter({ hasText: end })
    .waitFor({ timeout: 30_000 })
    .catch(async (cause: unknown) => {
      const text = await page.locator('body').innerText().catch(String)
      throw new Error(`No "${end}" on the page, but:\n${[text, ...errors].join('\n')}`, { cause })
    })
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  return { question, background, text: (await shown.textContent()) ?? '', errors }
}

/** The types of the whole app, also of the file that the template's own check leaves out. */
async function checkTypes(shell: Shell): Promise<void> {
  const file = 'tsconfig.all.json'
  const config = { extends: './tsconfig.json', include: ['src', 'vite.config.ts'] }
  writeFileSync(path.join(shell.folder, file), JSON.stringify(config))
  await shell.run(`npx tsc --noEmit -p ${file}`)
}

/** The package as it would be published; `npm test` has built it, a single test file may not have. */
async function pack(folder: string, signal: AbortSignal): Promise<string> {
  if (!existsSync(path.join(root, 'dist/index.d.ts')))
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  await new Shell(root, signal).run(`npm pack --ignore-scripts --pack-destination ${folder}`)
  return path.join(folder, `${manifest.name}-${manifest.version}.tgz`)
}
