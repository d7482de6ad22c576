/**
 * Whether a granted call may still begin. The grant was given after the claim was sent, so within this time
 * from the sending its lease certainly holds; later the call may be closed already.
 */
export function mayStillBegin(sinceClaimMs: number, leaseMs: number): boolean {
  return sinceClaimMs <= 0.8 * leaseMs
}
