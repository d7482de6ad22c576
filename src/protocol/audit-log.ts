/** Ids of logs that are no conversations begin so; no client may open one. */
const prefix = 'audit:'

/** The id of the log in which a store keeps the audit of this name. */
export function auditLogId(name: string): string {
  return `${prefix}${name}`
}

/** Whether this is the id of an audit's log, and of no conversation. */
export function isAuditLog(conversationId: string): boolean {
  return conversationId.startsWith(prefix)
}
