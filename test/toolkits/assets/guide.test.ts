// docs/guides/assets.md shows a program that runs: a file is attached, used on a page, and kept while it is.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { scriptedModel } from '../../../src/testing/index.ts'
import { fileTypes } from '../../../src/toolkits/assets/file-types.ts'
import { root } from '../../checks/entries.ts'
import { siteWithAssets } from './app.ts'
import { samples } from './samples.ts'

/** Lines are broken elsewhere where names are shorter. */
const unbroken = (text: string): string => text.replaceAll(/,?\s+/g, ' ')
const guide = readFileSync(path.join(root, 'docs/guides/assets.md'), 'utf8')

test('the guide to assets shows the program that is tested here', () => {
  const program = readFileSync(path.join(import.meta.dirname, 'app.ts'), 'utf8')
    .replace('../../../src/index.ts', 'toolwire')
    .replaceAll(/\.\.\/\.\.\/\.\.\/src\/([\w/]+?)(?:\/index)?\.ts/g, 'toolwire/$1')
  expect(unbroken(guide)).toContain(unbroken(`\`\`\`ts\n${program}\`\`\``))
})

test('the guide names each type of file that is taken', () => {
  for (const { extensions } of fileTypes) expect(guide).toContain(`\`.${extensions[0]}\``)
})

test('a site takes a file in and gives it out', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'toolwire-assets-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const handle = siteWithAssets({
    folder,
    model: scriptedModel([]),
    authenticate: () => ({ id: 'ann' }),
    pagesOf: () => new Map(),
  })
  const [one] = await samples()
  const response = await handle(
    new Request('https://site.example/assets/uploads', {
      method: 'POST',
      headers: { 'content-type': 'image/png', 'x-file-name': 'a.png' },
      body: one?.bytes ?? null,
    }),
  )
  expect([response.status, await response.json()]).toMatchObject([201, { name: 'a.png' }])
})
