import { describe, expect, test } from 'vitest'
import { runExample } from '../demo/demo-process.ts'

const slow = 90_000

describe('npm run demo:shop -- --once', () => {
  test('one conversation over HTTP ends with one result per call', { timeout: slow }, async () => {
    const { code, stdout, stderr } = await runExample('shop', '--once')
    expect(stderr).toBe('')
    expect(code).toBe(0)

    const turns = stdout.split(/^ +\+0\.000  you /m).slice(1)
    expect(turns).toHaveLength(3)
    for (const turn of turns) {
      const asked = [...turn.matchAll(/^ +\+\S+ +(\S+ #\d+) +input-available /gm)].map(
        ([, id]) => id,
      )
      const results = [
        ...turn.matchAll(/^ +(#\d+) {2}(\S+) +(server|client) +(\S+) +\d+ ms/gm),
      ].map(([, number, name]) => `${name} ${number}`)
      expect(results.length).toBeGreaterThan(3)
      expect(results).toEqual(asked)
      expect(turn).toContain(`${results.length} calls, exactly one result for each.`)
      expect(turn).toContain('The turn is over (stop)')
    }
    expect(stdout).toContain('Everything has its one result.')
  })

  test(
    'both sides run calls, a person is asked, and a mistake is mended',
    { timeout: slow },
    async () => {
      const { stdout } = await runExample('shop', '--once')
      expect(stdout).toMatch(/query #\d+ +executing +on the server/)
      expect(stdout).toMatch(/add_bar_chart #\d+ +executing +on the client/)
      expect(stdout).toMatch(
        /clear_dashboard #\d+ +approval-requested[^]*clear_dashboard #\d+ +approved[^]*clear_dashboard #\d+ +output-available/,
      )
      expect(stdout).toMatch(/query #\d+ +output-error +\d+ ms no such column/)
      expect(stdout).toMatch(/card-\d+ {2}table "Running low", [1-9]\d* rows/)
      // The answer quotes what the database said.
      const [, best] = /says +(.+?) sold best/.exec(stdout) ?? []
      expect(stdout).toContain(`"rows":[["${best}"`)
    },
  )

  test('an unknown option is refused', { timeout: slow }, async () => {
    const { code, stderr } = await runExample('shop', '--twice')
    expect(code).toBe(1)
    expect(stderr).toContain('--twice')
  })
})
