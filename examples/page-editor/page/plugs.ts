import type { Snapshot } from 'toolwire/client'
import type { ToolPart } from 'toolwire/protocol'
import { plugPrompts } from '../stories.ts'
import type { Home, Wire } from './wires.ts'

/** What a plug can reach of the tab. */
export interface Socket {
  readonly wire: Wire
  readonly home: Home
  readonly snapshot: () => Snapshot
  readonly stop: () => Promise<void>
  readonly approve: (toolCallId: string) => Promise<void>
  /** Resolves once the tab shows what is asked for. */
  readonly until: (isIt: (snapshot: Snapshot) => boolean) => Promise<void>
  readonly post: (path: string) => Promise<void>
  readonly openTab: () => Promise<void>
  readonly reload: () => void
  /** Ends the server in this tab, and starts another. */
  readonly killServer: () => Promise<void>
}

/** One way to break things. */
export interface Plug {
  readonly id: string
  readonly label: string
  /** What will happen, in a sentence. */
  readonly promise: string
  readonly prompt: string
  readonly homes: readonly Home[]
  /** Why it cannot be pulled elsewhere. */
  readonly elsewhere?: string
  readonly only?: Wire
  /** Before anything is asked for. */
  readonly prepare?: (socket: Socket) => Promise<void>
  /** Whether the moment has come: the call that it is about. */
  readonly moment: (call: ToolPart) => boolean
  readonly pull: (socket: Socket, call: ToolPart) => Promise<string | void>
  /** Whether the page is another one afterwards, which goes on from here. */
  readonly endsPage?: true
}

const everywhere: readonly Home[] = ['node', 'browser']

/** Far enough that something is lost, early enough that something is left. */
const halfway = ({ toolName, state, progress }: ToolPart): boolean =>
  toolName === 'publish_page' && state === 'executing' && doneOf(progress) >= 3

const isWritten = ({ toolName, state, inputText, input }: ToolPart): boolean =>
  toolName === 'create_element' &&
  state === 'input-streaming' &&
  (inputText ?? JSON.stringify(input ?? '')).length > 60

function doneOf(progress: unknown): number {
  const isCount = typeof progress === 'object' && progress !== null && 'done' in progress
  return isCount ? Number(progress.done) : 0
}

export const plugs: readonly Plug[] = [
  {
    id: 'cut',
    label: 'Cut the socket',
    promise:
      'Resets every connection while the page is being published: the call runs on, and its one result arrives.',
    prompt: plugPrompts.publish,
    homes: ['node'],
    elsewhere: 'There is no socket to a server that is in this tab.',
    moment: halfway,
    pull: ({ post }) => post('/plugs/cut'),
  },
  {
    id: 'reload',
    label: 'Reload the tab',
    promise:
      'Reloads in the middle of publishing: nobody can know how far it came, so it is unknown, and not run again.',
    prompt: plugPrompts.publish,
    homes: everywhere,
    moment: halfway,
    endsPage: true,
    pull: async ({ reload }) => reload(),
  },
  {
    id: 'second-tab',
    label: 'Open a second tab',
    promise: 'Opens the same conversation twice, then publishes: both tabs could run it, one does.',
    prompt: plugPrompts.publish,
    homes: everywhere,
    // Before the question, so that both tabs are there when it is decided who runs the call.
    prepare: ({ openTab }) => openTab(),
    moment: halfway,
    pull: async () => {},
  },
  {
    id: 'kill-worker',
    label: 'Kill the worker',
    promise:
      'Terminates the worker that is the server while this tab publishes, and starts another: it takes the result.',
    prompt: plugPrompts.publish,
    homes: ['browser'],
    only: 'worker',
    elsewhere: 'Choose the wire “Worker” first: then the server is one.',
    moment: halfway,
    pull: ({ killServer }) => killServer(),
  },
  {
    id: 'restart',
    label: 'Restart the server',
    promise:
      'Kills the server while the model is writing a call: the next one asks the model again, and the call runs once.',
    prompt: plugPrompts.badge,
    homes: everywhere,
    moment: isWritten,
    pull: ({ home, post, killServer }) => (home === 'node' ? post('/plugs/restart') : killServer()),
  },
  {
    id: 'truncate',
    label: 'Truncate the arguments',
    promise:
      'The model is cut off in the middle of a call’s input: what is half is refused, never completed and never run.',
    prompt: plugPrompts.cut,
    homes: everywhere,
    moment: ({ state }) => state === 'input-invalid',
    pull: async () => {},
  },
  {
    id: 'stop-twice',
    label: 'Press Stop twice',
    promise:
      'Stops the turn two times at once: publishing hands back what it had done, and nothing happens twice.',
    prompt: plugPrompts.publish,
    homes: everywhere,
    moment: halfway,
    pull: async ({ stop }) => {
      await Promise.all([stop(), stop()])
    },
  },
  {
    id: 'late',
    label: 'Approve too late',
    promise:
      'Waits until the question has expired and then says yes: the yes is refused, and nothing is deleted.',
    prompt: plugPrompts.late,
    homes: everywhere,
    moment: ({ state, toolName }) =>
      state === 'approval-requested' && toolName === 'delete_element',
    async pull({ until, approve }, { toolCallId }) {
      await until(({ calls }) =>
        calls.some((call) => call.toolCallId === toolCallId && call.state === 'denied'),
      )
      return approve(toolCallId).then(
        () => 'The late yes was taken, which it must not be.',
        (error: unknown) => `The late yes was refused: ${codeOf(error)}.`,
      )
    },
  },
]

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
