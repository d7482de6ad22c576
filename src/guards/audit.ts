import { canonicalJson, sha256 } from '../base/index.ts'
import type { AuditEntry, AuditRecord } from '../ports/index.ts'

/** The last record of a chain, as far as it is known. */
export interface AuditHead {
  readonly seq: number
  readonly hash: string
}

/** Before the first record of a chain. */
export const noHead: AuditHead = { seq: 0, hash: /* @__PURE__ */ '0'.repeat(64) }

/** What an entry is sealed with. */
export interface AuditSeal {
  readonly chain: string
  readonly head: AuditHead
  /** Entries that were lost since the last record. */
  readonly missed: number
}

/** Puts an entry behind the last record of its chain. */
export function sealEntry(entry: AuditEntry, { chain, head, missed }: AuditSeal): AuditRecord {
  const sealed = {
    ...entry,
    chain,
    seq: head.seq + 1,
    ...(missed > 0 && { missed }),
    previousHash: head.hash,
  }
  return { ...sealed, hash: sha256(canonicalJson(sealed)) }
}

/** What became of a chain: all right, or the first place where it is not what was written. */
export type AuditCheck =
  | {
      readonly ok: true
      readonly records: number
      /** Entries that were lost and said to be, because a sink did not take them for too long. */
      readonly missed: number
      /** The last record of each chain. Kept elsewhere, it shows later that none was cut off the end. */
      readonly heads: Readonly<Record<string, AuditHead>>
    }
  | {
      readonly ok: false
      readonly chain: string
      readonly seq: number
      /** `changed`: the record is another; `missing`: one before it is gone; `cut`: the end of the chain is gone. */
      readonly problem: 'changed' | 'missing' | 'cut'
    }

/**
 * Whether `records` are all that was written, as it was written. Those of one chain are in order and begin
 * with its first; chains may be mixed.
 * @param options.heads - from an earlier check: each chain has to reach at least as far
 */
export function verifyAudit(
  records: readonly AuditRecord[],
  { heads: expected = {} }: { readonly heads?: Readonly<Record<string, AuditHead>> } = {},
): AuditCheck {
  const heads = new Map<string, AuditHead>()
  let missed = 0
  const reached = new Set<string>()
  for (const record of records) {
    const { chain, seq, hash } = record
    const due = expected[chain]
    const problem = problemOf(record, heads.get(chain) ?? noHead, due)
    if (problem) return { ok: false, chain, seq, problem }
    if (due?.seq === seq) reached.add(chain)
    heads.set(chain, { seq, hash })
    missed += record.missed ?? 0
  }
  const cut = Object.entries(expected).find(([chain]) => !reached.has(chain))
  if (cut) return { ok: false, chain: cut[0], seq: cut[1].seq, problem: 'cut' }
  return { ok: true, records: records.length, missed, heads: Object.fromEntries(heads) }
}

function problemOf(
  record: AuditRecord,
  before: AuditHead,
  due: AuditHead | undefined,
): 'changed' | 'missing' | null {
  const { seq, hash, previousHash } = record
  if (hashOf(record) !== hash) return 'changed'
  if (seq !== before.seq + 1 || previousHash !== before.hash) return 'missing'
  return due?.seq === seq && due.hash !== hash ? 'changed' : null
}

/** `null` where the record is not even JSON any more. */
function hashOf({ hash: _, ...sealed }: AuditRecord): string | null {
  try {
    return sha256(canonicalJson(sealed))
  } catch {
    return null
  }
}
