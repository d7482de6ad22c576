// S4: a tab is reloaded while it runs two calls, and while a question to its user is open.
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { ToolClient } from '../../src/client/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { wires } from '../attacks/rig.ts'
import { Origin, Realm } from '../client/realm.ts'
import { type Opened, type Stage, isOver, stage } from './stage.ts'

const asked = ['ask_user', 'save_page', 'list_elements']

/** What the handlers of all lives of the tab did. */
class Witness {
  readonly begun: string[] = []
  /** What the user answered. */
  readonly answers: string[] = []

  /** In its first life the tab never comes to the end of anything. */
  tools(life: number): readonly AnyTool[] {
    const work = (name: string, options: object): AnyTool =>
      defineTool({
        name,
        description: `Does ${name}.`,
        inputSchema: z.object({}),
        execute: () => {
          this.begun.push(`${name} in life ${life}`)
          return life === 1 ? new Promise<string>(() => {}) : `${name} done`
        },
        ...options,
      })
    const askUser = defineTool({
      name: 'ask_user',
      description: 'Asks the user, who writes the answer.',
      inputSchema: z.object({ question: z.string(), answer: z.string().default('') }),
      approval: true,
      execute: ({ answer }) => {
        this.answers.push(answer)
        return { answer }
      },
    })
    return [askUser, work('save_page', {}), work('list_elements', { readOnly: true })]
  }
}

function opened(scene: Stage, realm: Realm, tools: readonly AnyTool[]): Opened {
  const { world, ledger } = realm
  return scene.open({ world, ledger, tools, transport: realm.reach(scene.wire()) })
}

const statesOf = (client: ToolClient): readonly string[] =>
  client.getSnapshot().calls.map(({ state }) => state)

describe.each(Object.entries(wires))('S4 over %s', (_, wire) => {
  test('the question is still open, what only reads runs again, and what may have been saved is not saved again', async () => {
    const witness = new Witness()
    const question = { question: 'Which colour?' }
    const scene = await stage(wire, {
      tools: witness.tools(0).map((tool) => tool.withoutExecute()),
      approvals: { allowEdits: true },
      steps: [
        {
          toolCalls: asked.map((toolName) => ({
            toolName,
            input: toolName === 'ask_user' ? question : {},
          })),
        },
        { text: 'All three are known.' },
      ],
    })
    const first = new Realm(new Origin(), scene.world)
    const before = opened(scene, first, witness.tools(1)).client
    await before.send('Ask, save and look.')
    await scene.until(() => witness.begun.length === 2)
    expect(statesOf(before)).toEqual(['approval-requested', 'executing', 'executing'])

    const { client } = opened(scene, first.reload(), witness.tools(2))
    const state = (at: number): string | undefined => statesOf(client)[at]
    await scene.until(() => state(1) === 'outcome-unknown')
    // Looked for by the clock of the server: the lease of the first life has to end.
    while (state(2) !== 'output-available') await scene.pass(1_000)
    expect(state(0)).toBe('approval-requested')
    expect(witness.begun.toSorted()).toEqual([
      'list_elements in life 1',
      'list_elements in life 2',
      'save_page in life 1',
    ])
    const [ask, save] = client.getSnapshot().calls
    expect(save?.errorText).toContain('may or may not have had its effect')
    // Two of three are settled, which is no reason to go on.
    expect(scene.model.requests).toHaveLength(1)

    // Two clicks.
    const toolCallId = ask?.toolCallId ?? ''
    const clicks = [0, 1].map(() => client.approve(toolCallId, { answer: 'Blue.' }))
    await Promise.allSettled(clicks)
    await scene.until(() => isOver(client.getSnapshot()))
    expect(witness.answers).toEqual(['Blue.'])
    expect(statesOf(client)).toEqual(['output-available', 'outcome-unknown', 'output-available'])
    expect(client.getSnapshot().messages.at(-1)?.parts).toMatchObject([
      { text: 'All three are known.' },
    ])
    expect(scene.model.requests).toHaveLength(2)
    await scene.check()
  })
})
