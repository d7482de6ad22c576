import type { ApprovalOptions, StandingConsents } from '../../../src/server/index.ts'

/** Who may write to a folder of the shop may change what the model wanted to write there. */
export function shopApprovals(standing: StandingConsents): ApprovalOptions {
  return {
    standing,
    allowEdits: ({ principal, edited }) =>
      principal?.permissions?.includes(`write:${folderOf(edited)}`) === true,
    scope: ({ input }) => folderOf(input),
  }
}

function folderOf(input: unknown): string {
  return String((input as { readonly path?: unknown }).path).split('/')[0] ?? ''
}
