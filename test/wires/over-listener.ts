import type { Connection, Listener, Transport } from '../../src/ports/index.ts'
import type { ToolServer } from '../../src/server/index.ts'
import type { Wire } from './app.ts'

/** Links that a test can break from outside: both ends of every one that `listener` took in. */
export function breakable(listener: Listener): Listener & { cut(): void } {
  const links = new Set<Connection>()
  return {
    listen: (onConnection) =>
      listener.listen((connection) => {
        links.add(connection)
        onConnection(connection)
      }),
    cut() {
      for (const link of links) link.close()
      links.clear()
    },
  }
}

/** A server behind a listener, in the realm of the test. */
export function overListener(
  server: ToolServer,
  listener: Listener,
  transport: () => Transport,
  close: () => void = () => {},
): Wire {
  const links = breakable(listener)
  const stop = server.accept(links, { id: 'me' })
  return {
    transport,
    cut: () => links.cut(),
    close() {
      stop()
      close()
    },
  }
}
