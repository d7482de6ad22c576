import type { ServerGuards } from '../guards/index.ts'
import type { Fleet } from './fleet.ts'
import type { NodeFacts } from './health.ts'
import type { Hub } from './hub.ts'
import type { Links } from './links.ts'

interface NodeParts {
  readonly hub: Hub
  readonly links: Links
  readonly guards: ServerGuards
  readonly fleet: Fleet | null
}

/** How a node is, beside what happened on it. */
export function factsOf({ hub, links, guards, fleet }: NodeParts): NodeFacts {
  const { isOpen, size: conversations } = hub
  const circuits = guards.circuits()
  const broker = fleet?.health()
  return { isOpen, links: links.size, conversations, circuits, ...(broker && { broker }) }
}
