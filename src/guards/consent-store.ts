import { type World, canonicalJson, sha256, systemWorld } from '../base/index.ts'
import type { Store } from '../ports/index.ts'
import { type Consent, type ConversationEvent, auditLogId } from '../protocol/index.ts'
import type { StandingConsents } from './approvals.ts'

/** What a log of consents holds. It has the fields by which stores find the records of an audit. */
type ConsentRecord = ConsentChange & {
  readonly at: number
  readonly conversationId: ''
  readonly principalId: string
  readonly toolName: string
}

type ConsentChange =
  | { readonly type: 'consent-given'; readonly consent: Consent }
  | { readonly type: 'consent-withdrawn' }

interface Kept {
  readonly version: number
  readonly consents: readonly Consent[]
  /** Whatever was given once, also where it was taken back. */
  readonly given: ReadonlySet<string>
}

/**
 * Standing consents in the store that the conversations are in, so that every server that shares it knows them.
 * For each principal and tool they are a log of their own. What was taken back is not given again by a late `add`.
 */
export function storeConsents(
  store: Store,
  { world = systemWorld }: { readonly world?: Pick<World, 'now'> } = {},
): StandingConsents {
  /** Appends what `change` makes of what is kept, until the store has it; `null` leaves that as it is. */
  const append = async (
    principalId: string,
    toolName: string,
    change: (kept: Kept) => ConsentChange | null,
  ): Promise<void> => {
    const id = logIdOf(principalId, toolName)
    for (;;) {
      const kept = await readKept(store, id)
      const changed = change(kept)
      if (!changed) return
      const at = world.now()
      const record: ConsentRecord = { ...changed, at, conversationId: '', principalId, toolName }
      // A store keeps what it is given, and looks into none of it.
      const event = record as unknown as ConversationEvent
      if ((await store.commit(id, kept.version, [event])) === 'committed') return
    }
  }

  return {
    find: async (principalId, toolName) =>
      (await readKept(store, logIdOf(principalId, toolName))).consents,
    add: (principalId, consent) =>
      append(principalId, consent.toolName, ({ given }) =>
        given.has(consent.consentId) ? null : { type: 'consent-given', consent },
      ),
    remove: (principalId, toolName) =>
      append(principalId, toolName, ({ consents }) =>
        consents.length === 0 ? null : { type: 'consent-withdrawn' },
      ),
  }
}

/** Ids of logs have a bound, and names none. */
function logIdOf(principalId: string, toolName: string): string {
  return auditLogId(`consents:${sha256(canonicalJson([principalId, toolName]))}`)
}

async function readKept(store: Store, id: string): Promise<Kept> {
  const records: ConsentRecord[] = []
  for (;;) {
    const page = await store.read(id, records.length)
    if (page.length === 0) break
    // Written above.
    records.push(...(page as readonly unknown[] as readonly ConsentRecord[]))
  }
  let consents: readonly Consent[] = []
  const given = new Set<string>()
  for (const record of records) {
    consents = record.type === 'consent-given' ? [...consents, record.consent] : []
    if (record.type === 'consent-given') given.add(record.consent.consentId)
  }
  return { version: records.length, consents, given }
}
