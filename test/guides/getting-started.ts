import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { BrowserContext } from 'playwright'
import { root } from '../checks/entries.ts'
import { type FollowedGuide, followGuide } from './follow-guide.ts'
import { type Guide, readGuide } from './read-guide.ts'

/** docs/guides/getting-started.md as it is read. */
export const text: string = readFileSync(path.join(root, 'docs/guides/getting-started.md'), 'utf8')

/** The same as what it tells to do. */
export const guide: Guide = readGuide(text)

/** Follows it, and answers the page with the words that it gives. */
export function getStarted(context: BrowserContext, signal: AbortSignal): Promise<FollowedGuide> {
  const [, answer = ''] = /answer `(.+?)`/.exec(text) ?? []
  const [, end = ''] = /the\sanswer "(.+?)"/.exec(text) ?? []
  if (!answer || !end)
    throw new Error('The guide does not say what to answer, or what comes of it.')
  return followGuide(guide, { context, signal, answer, end })
}
