import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Page, bundle } from '../shared/local-web.ts'
import { stories } from './stories.ts'

const fonts = {
  inter: import.meta.resolve('@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'),
  fraunces: import.meta
    .resolve('@fontsource-variable/fraunces/files/fraunces-latin-wght-normal.woff2'),
}

const report = 'report-uri /csp-reports'
const editorPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  report,
].join('; ')
/** The page that is edited: no script at all; a `style` attribute is what its owner may ask for. */
const sitePolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  report,
].join('; ')

const html = (body: string, policy: string): Page => ({
  type: 'text/html; charset=utf-8',
  body,
  headers: { 'content-security-policy': policy },
})

export interface PageSettings {
  readonly modelName: string
  readonly instance: string
  readonly approvalMs: number
}

/** Everything that is served as it is, by path. */
export async function loadPages(settings: PageSettings): Promise<ReadonlyMap<string, Page>> {
  const editor = (await text('page/index.html'))
    .replace('{{model}}', escapeHtml(settings.modelName))
    .replace('{{instance}}', escapeHtml(settings.instance))
    .replace('{{approvalMs}}', String(settings.approvalMs))
    .replace('{{suggestions}}', suggestions())
  const script = async (name: string): Promise<readonly [string, Page]> => [
    `/${name}.js`,
    {
      type: 'text/javascript; charset=utf-8',
      body: await bundle(source(`page/${name}.ts`)),
      // A worker has a policy of its own.
      headers: { 'content-security-policy': editorPolicy },
    },
  ]
  return new Map([
    ['/', html(editor, editorPolicy)],
    ['/inspector', html(await text('page/log.html'), editorPolicy)],
    ['/frame.html', html(await text('page/frame.html'), editorPolicy)],
    ['/site/', html(await text('site/index.html'), sitePolicy)],
    ['/site/site.css', css(await text('site/site.css'))],
    ['/site/planter.svg', svg(await text('site/planter.svg'))],
    ['/editor.css', css(await text('page/editor.css'))],
    ['/log.css', css(await text('page/log.css'))],
    [
      '/toolwire.css',
      await file('text/css; charset=utf-8', import.meta.resolve('toolwire/styles.css')),
    ],
    ['/still.css', css(await text('page/still.css'))],
    ['/icon.svg', svg(await text('page/icon.svg'))],
    ['/fonts/inter.woff2', await file('font/woff2', fonts.inter)],
    ['/fonts/fraunces.woff2', await file('font/woff2', fonts.fraunces)],
    ...(await Promise.all(['editor', 'frame', 'worker', 'inspector-view', 'log'].map(script))),
  ])
}

/** A published page is the site with what the tab sent as its content. */
export function publishedPage(content: string): Page {
  const head =
    '<meta charset="utf-8"><link rel="stylesheet" href="/site/site.css"><title>Tarn</title>'
  return html(
    `<!doctype html><html lang="en"><head>${head}</head><body>${content}</body></html>`,
    sitePolicy,
  )
}

function suggestions(): string {
  return stories
    .filter(({ label }) => label !== undefined)
    .map(({ prompt, label = '' }) => {
      const title = escapeHtml(prompt)
      return `<button type="button" data-prompt="${title}" title="${title}">${escapeHtml(label)}</button>`
    })
    .join('')
}

const css = (body: string): Page => ({ type: 'text/css; charset=utf-8', body })
const svg = (body: string): Page => ({ type: 'image/svg+xml', body })

/** A file of a package. */
async function file(type: string, url: string): Promise<Page> {
  return { type, body: await readFile(fileURLToPath(url)) }
}

function source(name: string): URL {
  return new URL(name, import.meta.url)
}

function text(name: string): Promise<string> {
  return readFile(source(name), 'utf8')
}

function escapeHtml(raw: string): string {
  return raw.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
