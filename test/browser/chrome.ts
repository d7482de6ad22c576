import type { ExtensionStorage } from '../../src/client/index.ts'
import type { RuntimeEvent, RuntimePort } from '../../src/transports/runtime-port.ts'

/** What the parts of the extension use of Chromium. */
export interface Chrome {
  readonly runtime: {
    readonly id: string
    readonly onConnect: RuntimeEvent<(port: RuntimePort) => void>
    connect(options: { readonly name: string }): RuntimePort
    sendMessage<T>(message: object): Promise<T>
    readonly onMessage: RuntimeEvent<
      (message: unknown, sender: unknown, reply: (value: unknown) => void) => boolean
    >
  }
  /** Absent in content scripts. */
  readonly storage: { readonly session: ExtensionStorage }
}

declare const OUTSIDE_PORT: number

/** Where the server outside listens; set where the extension is built. */
export const outsidePort: number = OUTSIDE_PORT
