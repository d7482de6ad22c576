// Any edits, taken back the last first, leave the page as it was; a file to the byte.
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { htmlPage } from '../../../src/toolkits/page-file.ts'
import { FileHost, type Host, LiveHost } from './hosts.ts'
import { Workbench } from './workbench.ts'

const page = `\uFEFF<!DOCTYPE html>
<!-- as   it stands -->
<HTML lang=en>
<body class='a  b' >
<main id=main
      title="x">
  <p id=p1>One &amp; <b id=b1>two</b> &eacute;<br/>three
  <p id=p2 class=x style='color:red'>four
  <ul id=u1><li id=i1>a<li id=i2>b<li id=i3>c</ul>
  <table id=t1><tr id=r1><td id=d1>1<td>2</table>
  <svg id=s1 viewBox="0 0 1 1"><path id=h1 d="M0 0"/></svg>
</main>
</body>
</html>
`

const targets = '#main #p1 #p2 #b1 #u1 #i1 #i2 #i3 #t1 #r1 #d1 #s1 #h1 p ul>li:last-child'.split(
  ' ',
)
const html =
  '<p>x</p>|text|<i>a</i><i>b</i>|<ul><li>1</li></ul>|<p>a<div>b</div></p>|<td>x</td>|&lt;|'
const target = fc.constantFrom(...targets)
const content = fc.oneof(
  fc.record({ text: fc.constantFrom('', 'New', 'a < b & "c"', '  ', '\u00A0é') }),
  fc.record({ html: fc.constantFrom(...html.split('|')) }),
  fc.record({ style: fc.constantFrom({ color: 'blue' }, { color: null }, { '--a': '1px' }) }),
  fc.record({
    attributes: fc.constantFrom(
      { class: 'y z' },
      { class: null },
      { title: '"&<' },
      { lang: 'de', title: null },
    ),
  }),
)
const command = fc.oneof(
  fc.tuple(fc.constant('modify_element'), target, content),
  fc.tuple(
    fc.constant('create_element'),
    target,
    fc.record({
      position: fc.constantFrom('before', 'after', 'prepend', 'append'),
      tag: fc.constantFrom('p', 'li', 'b', 'td', 'div'),
      text: fc.constantFrom('', 'x'),
    }),
  ),
  fc.tuple(
    fc.constant('create_element'),
    target,
    fc.record({ html: fc.constantFrom(...html.split('|')) }),
  ),
  fc.tuple(fc.constant('delete_element'), target, fc.constant({ force: ['children', 'last'] })),
)
const commands = fc.array(command, { minLength: 1, maxLength: 8 })

/** The order of attributes means nothing in a document. */
function ordered(written: string): string {
  return written.replaceAll(
    /<(\w+)((?: [\w:-]+="[^"]*")+)/g,
    (_, name: string, attributes: string) => {
      const all = attributes.match(/ [\w:-]+="[^"]*"/g) ?? []
      return `<${name}${all.toSorted().join('')}`
    },
  )
}

async function thereAndBack(
  host: Host,
  steps: readonly (readonly [string, string, object])[],
): Promise<void> {
  const bench = await host.open(page)
  const now = async (): Promise<string> => ordered(await bench.html())
  const before = await now()
  const done: [output: unknown, before: string][] = []
  for (const [name, at, input] of steps) {
    const earlier = await now()
    const { output, code, message } = await bench.call(name, { target: at, ...input })
    expect(code === 'UNEXPECTED' ? message : '').toBe('')
    if (output) done.unshift([output, earlier])
    else expect(await now()).toBe(earlier)
  }
  for (const [output, earlier] of done) {
    expect(await bench.undo(output)).toEqual({ output: null })
    expect(await now()).toBe(earlier)
  }
  expect(await now()).toBe(before)
}

describe('edits and their undo, the last first', () => {
  test('leave a file as it was', async () => {
    const host = new FileHost()
    await fc.assert(
      fc.asyncProperty(commands, (steps) => thereAndBack(host, steps)),
      { numRuns: 150 },
    )
  }, 300_000)

  test('leave every byte of a file as it was, and those that no edit touched in between', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (steps) => {
        const document = htmlPage(page)
        const bench = new Workbench(document)
        const outputs: unknown[] = []
        for (const [name, at, input] of steps) {
          const { output } = await bench.call(name, { target: at, ...input })
          if (output) outputs.unshift(output)
          expect(document.html().startsWith(page.slice(0, page.indexOf('<main')))).toBe(true)
          expect(document.html().endsWith('\n</body>\n</html>\n')).toBe(true)
          // What the file says is what the tools see.
          expect(new Workbench(htmlPage(document.html())).html()).toBe(bench.html())
        }
        for (const output of outputs) expect(await bench.undo(output)).toEqual({ output: null })
        expect(document.html()).toBe(page)
      }),
      { numRuns: 150 },
    )
  }, 300_000)

  describe('in a browser', () => {
    let live: LiveHost
    beforeAll(async () => {
      live = await LiveHost.start()
    })
    beforeEach(({ skip }) => live.skipWithout(skip))
    afterAll(() => live.close())

    test('leave the document as it was', async () => {
      await fc.assert(
        fc.asyncProperty(commands, (steps) => thereAndBack(live, steps)),
        { numRuns: 30 },
      )
    }, 300_000)

    test('put back the very elements, with their listeners', async () => {
      const bench = await live.open('<main><p id=a><b id=b>x</b></p><p>y</p></main>')
      await live.page.evaluate(() => {
        document.querySelector('#b')!.addEventListener('click', () => {
          document.title = 'heard'
        })
      })
      const { output } = await bench.call('delete_element', { target: '#a', force: ['children'] })
      await bench.undo(output)
      await live.page.evaluate(() => document.querySelector<HTMLElement>('#b')!.click())
      expect(await live.page.title()).toBe('heard')
    })
  })
})
