import * as z from 'zod'
import { type AnyTool, defineTool } from '../../../src/index.ts'
import type { CredentialProvider } from '../../../src/server/index.ts'

export const findCustomer: AnyTool = defineTool({
  name: 'find_customer',
  description: 'Finds a customer in the CRM.',
  inputSchema: z.object({ name: z.string() }),
  readOnly: true,
  permission: 'crm:read',
  async execute({ name }, { credential, signal }) {
    const ask = async (refresh: boolean): Promise<Response> => {
      const token = await credential?.('crm', { refresh })
      const headers = { authorization: `Bearer ${token?.value}` }
      return fetch(`https://crm.test/customers?name=${encodeURIComponent(name)}`, {
        headers,
        signal,
      })
    }
    const first = await ask(false)
    return (first.status === 401 ? await ask(true) : first).json()
  },
})

/** Each user has a token of their own; nobody has that of another. */
export function crmTokens(
  load: (userId: string, fresh: boolean) => Promise<string | null>,
): CredentialProvider {
  return async ({ name, principal, refresh }) => {
    const value = name === 'crm' && principal ? await load(principal.id, refresh) : null
    return value === null ? null : { type: 'bearer', value }
  }
}
