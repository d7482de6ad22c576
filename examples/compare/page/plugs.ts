import { prompts } from '../script.ts'
import type { AppFrame } from './app-frame.ts'
import { bench } from './landing.ts'

/** One way to break things, for both apps alike. */
export interface Plug {
  readonly label: string
  readonly prompt: string
  /** When to pull it. */
  readonly moment?: (app: AppFrame) => boolean
  readonly pull?: (app: AppFrame) => Promise<void> | void
  /** The second tab is opened before anything is asked. */
  readonly isSecondTabFirst?: true
  /** The turn is to end at once, and not by its answer. */
  readonly isStop?: true
}

/** The model is in the middle of a call's input. */
const isWriting = (app: AppFrame): boolean =>
  app.find('.call[data-state="input-streaming"]').some((call) => Number(call.dataset['chars']) > 30)

const isPublishing = (app: AppFrame): boolean => app.published() >= 3

const post = (path: string) => async (): Promise<void> => {
  await fetch(`${bench()}${path}`, { method: 'POST' })
}

const { headline, section, publish, cutOff } = prompts

export const plugs: readonly Plug[] = [
  { label: 'Nothing is pulled', prompt: headline },
  {
    label: 'Cut the connection while the model writes',
    prompt: section,
    moment: isWriting,
    pull: post('/cut'),
  },
  {
    label: 'Cut the connection while the tool runs',
    prompt: publish,
    moment: isPublishing,
    pull: post('/cut'),
  },
  {
    label: 'Reload the tab while the model writes',
    prompt: section,
    moment: isWriting,
    pull: (app) => app.reload(),
  },
  {
    label: 'Reload the tab while the tool runs',
    prompt: publish,
    moment: isPublishing,
    pull: (app) => app.reload(),
  },
  { label: 'A second tab from the start', prompt: publish, isSecondTabFirst: true },
  {
    label: 'Open a second tab while the model writes',
    prompt: section,
    moment: isWriting,
    pull: (app) => app.openTab(),
  },
  {
    label: 'Restart the server while the model writes',
    prompt: section,
    moment: isWriting,
    pull: post('/restart'),
  },
  { label: 'Truncate the arguments', prompt: cutOff },
  {
    label: 'Press Stop twice while the tool runs',
    prompt: publish,
    moment: isPublishing,
    pull: (app) => app.stopTwice(),
    isStop: true,
  },
]
