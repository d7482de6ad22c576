import { expect, test } from 'vitest'
import { runExample } from './demo-process.ts'

const slow = 90_000

test(
  'npm run demo -- --once: one conversation over a real socket ends with one result per call',
  { timeout: slow },
  async () => {
    const { code, stdout, stderr } = await runExample('page-editor', '--once')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const turns = stdout.split(/^ +\+0\.000  you /m).slice(1)
    expect(turns).toHaveLength(5)
    for (const turn of turns) {
      const asked = [...turn.matchAll(/^ +\+\S+ +(\S+ #\d+) +input-available /gm)].map(
        ([, id]) => id,
      )
      const results = [
        ...turn.matchAll(/^ +(#\d+) {2}(\S+) +(server|client) +(\S+) +\d+ ms/gm),
      ].map(([, number, name]) => `${name} ${number}`)
      expect(results.length).toBeGreaterThan(0)
      expect(results).toEqual(asked)
      expect(turn).toContain('exactly one result for each.')
      expect(turn).toContain('The turn is over (stop)')
    }
    // Both sides ran calls, a person was asked, and the page is another one.
    expect(stdout).toMatch(/product_facts #\d+ +executing +on the server/)
    expect(stdout).toMatch(/modify_element #\d+ +executing +on the client/)
    expect(stdout).toMatch(
      /delete_element #\d+ +approval-requested[^]*delete_element #\d+ +approved/,
    )
    expect(stdout).toContain('Every call ran once or is honestly unknown: 10 ran once.')
    expect(stdout).toContain('h1  Forget to water. It remembers.')
    expect(stdout).not.toContain('h2  A letter for people with plants')
    expect(stdout).toContain('Everything has its one result.')
  },
)

test('an unknown option is refused', { timeout: slow }, async () => {
  const { code, stderr } = await runExample('page-editor', '--twice')
  expect(code).toBe(1)
  expect(stderr).toContain('--twice')
})
