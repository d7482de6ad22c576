import { sha256 } from '../base/index.ts'
import type { OfferedTool, ToolDescriptor } from '../protocol/index.ts'
import type { AnyTool } from './tool.ts'

/** What is told about a set of tools, sorted by name. Equal hashes mean equal tools. */
export interface Catalog {
  readonly tools: readonly ToolDescriptor[]
  readonly hash: string
}

/** The names of the tools by which two catalogues differ. */
export interface CatalogDiff {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

export function catalogOf(list: readonly AnyTool[]): Catalog {
  const tools = list
    .map(({ descriptor }) => descriptor)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  // The hash of a tool covers its name.
  return Object.freeze({ tools, hash: sha256(tools.map(({ hash }) => hash).join()) })
}

/** What to send to turn `before` into `after`. */
export function diffCatalog(before: Catalog, after: Catalog): CatalogDiff {
  const hashes = ({ tools }: Catalog): Map<string, string> =>
    new Map(tools.map(({ name, hash }) => [name, hash]))
  const old = hashes(before)
  const now = hashes(after)
  return {
    added: [...now.keys()].filter((name) => !old.has(name)),
    changed: [...now].filter(([name, hash]) => old.has(name) && old.get(name) !== hash).map(first),
    removed: [...old.keys()].filter((name) => !now.has(name)),
  }
}

const first = ([name]: readonly [string, string]): string => name

/** What a client tells of its tools to whoever may not hold their definitions. */
export interface ToolOffer {
  readonly hash: string
  readonly tools: readonly OfferedTool[]
}

/** The tools of `catalog` with what each asks for before it runs, which is not part of its definition. */
export function offerOf(catalog: Catalog, list: readonly AnyTool[]): ToolOffer {
  const byName = new Map(list.map((tool) => [tool.name, tool]))
  const tools = catalog.tools.map((descriptor): OfferedTool => {
    const { name, hash } = descriptor
    const { approval, permission, undo, undoApproval } = byName.get(name) ?? {}
    return {
      name,
      hash,
      descriptor,
      // A function cannot be asked from afar, so a person is.
      ...(approval && { approval: true }),
      ...(permission && { permission: [permission].flat() }),
      ...(undo && { canUndo: true }),
      ...(undo && undoApproval && { undoApproval: true }),
    }
  })
  const demands = tools.map(({ approval, canUndo, undoApproval, permission = [] }) => [
    ...[approval, canUndo, undoApproval].map((demand) => demand ?? false),
    ...permission,
  ])
  return { tools, hash: sha256(`${catalog.hash} ${JSON.stringify(demands)}`) }
}
