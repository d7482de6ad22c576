import process from 'node:process'
import type { Picture } from './picture.ts'
import type { Summary } from './cluster.ts'

/** Hears single keys, where somebody sits at a terminal. */
export function onKeys(press: (key: string) => void): () => void {
  const { stdin } = process
  if (!stdin.isTTY) return () => {}
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.on('data', press)
  return () => {
    stdin.off('data', press)
    stdin.setRawMode(false)
    stdin.pause()
  }
}

/** Everything in one line. */
export function lineOf({ servers, turns, takeovers, waiting, doubleRuns }: Picture): string {
  const each = servers.map(({ number, state, rates }) => {
    const rate = state === 'serving' ? `${rates.at(-1) ?? 0} turns/s` : state
    return `server ${number}: ${rate}`
  })
  return [
    ...each,
    `turns ${turns}`,
    `taken over ${takeovers}`,
    `waiting ${waiting}`,
    `double runs ${doubleRuns}`,
  ].join(' | ')
}

export function linesOf(summary: Summary): readonly string[] {
  const states = Object.entries(summary.callsByState).map(([state, count]) => `${count} ${state}`)
  return [
    `Clients given up              ${summary.failedClients}`,
    `Conversations                 ${summary.conversations}`,
    `Turns                         ${summary.turns}`,
    `  without their end           ${summary.turnsWithoutEnd}`,
    `  taken over                  ${summary.takeovers}`,
    `Calls                         ${summary.calls} (${states.join(', ')})`,
    `  without a result            ${summary.callsWithoutResult}`,
    `  with two results            ${summary.callsWithTwoResults}`,
    `  seen otherwise by clients   ${summary.callsSeenOtherwise}`,
    `  run twice                   ${summary.doubleRuns}`,
    summary.isGood ? 'Exactly one result for every call.' : 'Something is wrong.',
  ]
}
